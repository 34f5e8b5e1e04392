"""Chromium and the fonts that a page in Chinese needs, for the tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO

import debian

# libatomic1 is for Playwright's own driver, which brings everything else that it needs.
PACKAGES = ["chromium", "fonts-noto-cjk", "fonts-dejavu-core", "libatomic1"]
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{unpacked}/usr/share/fonts</dir>
  <include ignore_missing="yes">{unpacked}/etc/fonts/conf.d</include>
  <include ignore_missing="yes">{unpacked}/usr/share/fontconfig/conf.avail</include>
  <cachedir>{apt}/fonts</cachedir>
</fontconfig>
"""


def is_there() -> bool:
    """Say whether Chromium and a Chinese font are installed or unpacked."""
    return (debian.BIN / "chromium").exists() or not _missing()


def _missing() -> list[str]:
    """Name the packages that the system does not have."""
    there = {
        "chromium": shutil.which("chromium") is not None,
        "fonts-noto-cjk": any(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular*")),
        "fonts-dejavu-core": any(Path("/usr/share/fonts").rglob("DejaVuSans.ttf")),
        "libatomic1": any(Path("/usr/lib").glob("*/libatomic.so.1")),
    }
    return [package for package in PACKAGES if not there[package]]


def install(log: IO[str]) -> None:
    """Install them; unpacked, Chromium gets a launcher, and the driver a folder of its library.

    `make test` puts `var/apt/bin` and `var/apt/lib` in front of the paths for both.
    """
    missing = _missing()
    debian.provide(missing, log)
    if os.geteuid() == 0:
        return
    debian.LIB.mkdir(parents=True, exist_ok=True)
    for library in debian.UNPACKED.glob("usr/lib/*/libatomic.so.1"):
        (debian.LIB / library.name).unlink(missing_ok=True)
        (debian.LIB / library.name).symlink_to(library)
    conf = FONTS_CONF.format(unpacked=debian.UNPACKED, apt=debian.APT)
    (debian.APT / "fonts.conf").write_text(conf, encoding="utf-8")
    installed = Path(shutil.which("chromium") or "/usr/bin/chromium")
    unpacked = debian.UNPACKED / "usr/lib/chromium/chromium"
    program = unpacked if "chromium" in missing else installed
    fonts = str(debian.APT / "fonts.conf")
    debian.write_launcher(debian.BIN / "chromium", program, FONTCONFIG_FILE=fonts)
