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
  <include ignore_missing="yes">/etc/fonts/conf.d</include>
  <include ignore_missing="yes">{unpacked}/etc/fonts/conf.d</include>
  <cachedir>{apt}/fonts</cachedir>
</fontconfig>
"""


def is_there() -> bool:
    """Say whether Chromium, the fonts and the library are installed or unpacked."""
    return not _missing()


def _missing() -> list[str]:
    """Name the packages that neither the system nor `var/apt` has."""
    there = {
        "chromium": _chromium() is not None,
        "fonts-noto-cjk": debian.find("usr/share/fonts", "**/NotoSansCJK-Regular*"),
        "fonts-dejavu-core": debian.find("usr/share/fonts", "**/DejaVuSans.ttf"),
        "libatomic1": debian.find("usr/lib", "*/libatomic.so.1"),
    }
    return [package for package in PACKAGES if not there[package]]


def _chromium() -> str | None:
    """Return the launcher that we wrote, else the system's Chromium."""
    launcher = debian.BIN / "chromium"
    return str(launcher) if launcher.exists() else shutil.which("chromium")


def install(log: IO[str]) -> None:
    """Install them; unpacked, Chromium gets a launcher, and the driver a folder of its library.

    `make test` puts `var/apt/bin` and `var/apt/lib` in front of the paths for both.
    """
    debian.provide(_missing(), log)
    if os.geteuid() == 0:
        return
    debian.LIB.mkdir(parents=True, exist_ok=True)
    for library in debian.UNPACKED.glob("usr/lib/*/libatomic.so.1"):
        (debian.LIB / library.name).unlink(missing_ok=True)
        (debian.LIB / library.name).symlink_to(library)
    _turn_inward(debian.UNPACKED / "etc/fonts/conf.d")
    conf = FONTS_CONF.format(unpacked=debian.UNPACKED, apt=debian.APT)
    (debian.APT / "fonts.conf").write_text(conf, encoding="utf-8")
    unpacked = debian.UNPACKED / "usr/lib/chromium/chromium"
    program = unpacked if unpacked.exists() else Path(shutil.which("chromium") or unpacked)
    fonts = str(debian.APT / "fonts.conf")
    debian.write_launcher(debian.BIN / "chromium", program, FONTCONFIG_FILE=fonts)


def _turn_inward(folder: Path) -> None:
    """Let links that name a file of the system name the same file of the unpacked tree."""
    for link in folder.glob("*"):
        if link.is_symlink() and link.readlink().is_absolute():
            inside = debian.UNPACKED / link.readlink().relative_to("/")
            if inside.exists():
                link.unlink()
                link.symlink_to(inside)
