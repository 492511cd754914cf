#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Installs what the build needs and is missing, and fetches the kernel source.
# Every step looks first whether its result is there, so a second call is quick
# and continues where an interrupted one stopped.

. "$(dirname "$0")/env.sh"

PACKAGES="
	bc binutils bison ccache clang-$LLVM_VERSION cpio flex kmod
	libc6-dev libc6-dev-arm64-cross libelf-dev libgcc-12-dev-arm64-cross
	libssl-dev liburcu-dev lld-$LLVM_VERSION llvm-$LLVM_VERSION make mmdebstrap patch
	linux-libc-dev-arm64-cross python3 python3-sphinx python3-yaml qemu-system-arm qemu-system-x86
	quilt rsync rust-web-clippy rust-web-src rustc-web rustfmt-web xz-utils
"

# What compiles bindgen; a toolchain of rustup will do.
[ -x "$HOME/.cargo/bin/cargo" ] || command -v cargo >/dev/null || PACKAGES+=" cargo-web"

need_mib()
{
	local dir=$1 want=$2 have

	mkdir -p "$dir"
	have=$(df -Pm "$dir" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$want" ] ||
		die "$dir has $have MiB free, this needs $want: free some, or set BUILD= or XDG_CACHE_HOME= to a larger disk"
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "packages are missing and you are not root: run as root: apt-get install$missing"
	fi
}

install_packages()
{
	local pkg
	missing=

	for pkg in $PACKAGES; do
		dpkg-query -W -f '${Status}\n' "$pkg" 2>/dev/null |
			grep -q '^install ok installed' || missing="$missing $pkg"
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null ||
		die "this is not a Debian system: install the equivalents of$missing"

	say "installing$missing"
	as_root apt-get -qq update ||
		die "the package lists cannot be fetched: check the network and /etc/apt"
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive as_root apt-get -qq -y \
		--no-install-recommends install $missing >"$CACHE/apt.log" 2>&1 ||
		die "apt-get failed, the end of $CACHE/apt.log: $(tail -n 3 "$CACHE/apt.log")"
}

check_version()
{
	local what=$1 want=$2 have=$3

	case $have in
	*"$want"*) ;;
	*) die "$what is '$have', this needs $want: remove it from /usr/bin or install Debian's package" ;;
	esac
}

install_bindgen()
{
	local bin=$CACHE/tools/bin/bindgen

	if [ -x "$bin" ] && "$bin" --version 2>/dev/null | grep -q "$BINDGEN_VERSION"; then
		return 0
	fi
	say "compiling bindgen $BINDGEN_VERSION (about 75 s)"
	# A rustup cargo must bring its own rustc, not find Debian's.
	(PATH=$HOME/.cargo/bin:$PATH
	 cargo install --quiet bindgen-cli --locked \
		--version "$BINDGEN_VERSION" --root "$CACHE/tools") ||
		die "cargo could not install bindgen-cli $BINDGEN_VERSION: check the network"
}

# Downloads one package of any suite and architecture by a private apt
# configuration, so that the system's own lists stay as they are. The mirror is
# the system's. Prints the path of the package.
fetch_deb()
{
	local pkg=$1 suite=$2 arch=$3 apt=$CACHE/apt uri

	uri=$(debian_mirror)
	rm -rf "$apt"
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" \
		>"$apt/sources.list"
	local opts=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch")
	apt-get "${opts[@]}" update >&2 && (cd "$apt" && apt-get "${opts[@]}" download "$pkg" >&2) ||
		die "$pkg of $suite cannot be fetched: check the network and the free space"
	echo "$apt"/"$pkg"_*.deb
}

fetch_source()
{
	local deb

	SOURCE_TAR=$CACHE/linux-source-$LINUX_SERIES.tar.xz
	[ ! -s "$SOURCE_TAR" ] || return 0
	say "fetching linux-source-$LINUX_SERIES (167 MB; KDIR= takes a tree of your own instead)"
	deb=$(fetch_deb "linux-source-$LINUX_SERIES" "$LINUX_SUITE" amd64)
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO "./usr/src/linux-source-$LINUX_SERIES.tar.xz" >"$SOURCE_TAR.part"
	mv "$SOURCE_TAR.part" "$SOURCE_TAR"
	rm -rf "$CACHE/apt"
}

# The shell that runs in the guest: Debian's static busybox, of the guest's
# architecture.
fetch_busybox()
{
	local deb arch=amd64

	[ "$ARCH" != arm64 ] || arch=arm64
	[ ! -x "$CACHE/busybox-$ARCH" ] || return 0
	deb=$(fetch_deb busybox-static bookworm "$arch")
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './*bin/busybox' >"$CACHE/busybox-$ARCH.part"
	chmod 755 "$CACHE/busybox-$ARCH.part"
	mv "$CACHE/busybox-$ARCH.part" "$CACHE/busybox-$ARCH"
	rm -rf "$CACHE/apt"
}

unpack_source()
{
	local tree=$SRC

	[ ! -e "$tree/Makefile" ] || return 0
	say "unpacking the kernel source"
	rm -rf "$tree" "$tree.part"
	mkdir -p "$tree.part"
	tar -C "$tree.part" --strip-components=1 -xf "$SOURCE_TAR" ||
		die "$SOURCE_TAR is damaged: remove it and call again"
	mv "$tree.part" "$tree"
}

need_mib "$CACHE" 4000
need_mib "$BUILD" 8000
install_packages
check_version clang "$LLVM_VERSION." "$(clang --version | head -n 1)"
check_version rustc "$RUST_VERSION." "$(rustc --version)"
install_bindgen
fetch_busybox
if [ -z "${KDIR:-}" ]; then
	fetch_source
	unpack_source
fi
say "set-up complete"
