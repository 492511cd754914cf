// SPDX-License-Identifier: GPL-2.0
/*
 * What relay_rust.rs exports to modules: Rust has no EXPORT_SYMBOL_GPL().
 */

#include <linux/export.h>
#include <linux/relay.h>

/* The function is not above, but in Rust. */
#define EXPORT_RUST_GPL(symbol)	EXPORT_SYMBOL_GPL(symbol)

EXPORT_RUST_GPL(relay_buf_full);
EXPORT_RUST_GPL(relay_close);
EXPORT_RUST_GPL(relay_file_operations);
EXPORT_RUST_GPL(relay_flush);
EXPORT_RUST_GPL(relay_open);
EXPORT_RUST_GPL(relay_reset);
EXPORT_RUST_GPL(relay_stats);
EXPORT_RUST_GPL(relay_subbufs_consumed);
EXPORT_RUST_GPL(relay_switch_subbuf);
