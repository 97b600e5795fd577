"""What a file is that is no picture to this package, told by its first bytes.

People have such files where pictures are asked for: a telephone's photos, a camera's raw data,
what a download left in a picture's place. Each is named, with the way to a picture.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re

_SAVE = "save it as JPEG or PNG"
# Of files in ISO's base media format (ISO/IEC 14496-12, 4.3), by their brand.
_BRANDS = {
    b"heic": "a HEIC picture", b"heix": "a HEIC picture", b"heim": "a HEIC picture",
    b"heis": "a HEIC picture", b"hevc": "a HEIC picture", b"hevx": "a HEIC picture",
    b"mif1": "a HEIF picture", b"msf1": "a HEIF picture", b"avif": "an AVIF picture",
    b"avis": "an AVIF picture", b"crx ": "a Canon raw picture",
}  # fmt: skip
_ISO = re.compile(rb"....ftyp(....)", re.DOTALL)
_STARTS = {
    rb"\0\0\0\x0cJXL |\xff\x0a": f"a JPEG XL picture: {_SAVE}",
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": f"a JPEG 2000 picture: {_SAVE}",
    rb"8BPS": f"a Photoshop picture: {_SAVE}",
    rb"gimp xcf": f"a GIMP picture: {_SAVE}",
    rb"\x76\x2f\x31\x01": f"an OpenEXR picture: {_SAVE}",
    rb"#\?RADIANCE|#\?RGBE": f"a Radiance HDR picture: {_SAVE}",
    rb"FUJIFILMCCD-RAW|IIU\0|IIRO|IIRS|MMOR": f"a camera's raw picture: {_SAVE}",
    rb"%PDF-": f"a PDF document: {_SAVE}",
    rb"\0\x05\x16\x07": "what macOS noted about another file (AppleDouble): delete it",
    rb"version https://git-lfs\.github\.com/": "a pointer of Git LFS: fetch the file by git lfs "
    "pull",
    rb"(?i)\s*(?:<\?xml.{0,400}?)?<svg\b": f"an SVG drawing: {_SAVE}",
    rb"(?i)\s*(?:<!doctype html|<html)": "a web page: download the picture itself",
}


def other_format(data: bytes) -> str | None:
    """Return what a file is that begins so, with the way out, as 'a HEIC picture: save it ...'.

    None for what is a picture to this package, and for what is not known. `data` are its first
    bytes, some hundred of them.
    """
    found = _ISO.match(data)
    if found and found[1] in _BRANDS:
        return f"{_BRANDS[found[1]]}: {_SAVE}"
    return next((word for start, word in _STARTS.items() if re.match(start, data, re.DOTALL)), None)
