// SPDX-License-Identifier: Apache-2.0
// Unpacks the Chromium that @sparticuz/chromium carries, with the libraries and fonts that it needs.
//
// node unpack.cjs FOLDER
//
// FOLDER has the package in node_modules, which goes; FOLDER/chromium is what starts the browser.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { brotliDecompressSync } = require("node:zlib");

const folder = path.resolve(process.argv[2]);
const packed = path.join(folder, "node_modules", "@sparticuz", "chromium", "bin");
// A system with fonts of its own shows pages in these.
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>
`;
const STARTER = `#!/bin/sh
here='${folder}'
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/fonts.conf"
export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/headless_shell" "$@"
`;

const inflated = (name) => brotliDecompressSync(fs.readFileSync(path.join(packed, name)));

function untar(name) {
  const done = spawnSync("tar", ["-x", "-C", folder], { input: inflated(name) });
  if (done.status !== 0) throw new Error(`tar: ${done.error ?? done.stderr}`);
}

untar("al2023.tar.br");
untar("fonts.tar.br");
fs.writeFileSync(path.join(folder, "fonts.conf"), FONTS);
fs.writeFileSync(path.join(folder, "headless_shell"), inflated("chromium.br"), { mode: 0o755 });
fs.rmSync(path.join(folder, "node_modules"), { recursive: true });
fs.writeFileSync(path.join(folder, "chromium"), STARTER, { mode: 0o755 });
