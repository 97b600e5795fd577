// SPDX-License-Identifier: Apache-2.0
// The page: what answers, and what there is to see of it.

import { askJson, useTokenForm } from "/static/service.js";
import { useLive } from "./live.js";
import { useParameters } from "./parameters.js";
import { usePictures } from "./picture.js";

useTokenForm(document.getElementById("token"));
start();

async function start() {
  const about = document.getElementById("about");
  try {
    const page = await askJson("/page");
    about.textContent = `${page.model} on ${page.provider}`;
    if (page.live) {
      about.textContent = `Posted pictures: ${about.textContent}`;
      useLive(page.live);
      useParameters();
    }
    usePictures({ score: page.score_threshold, mask: page.mask_threshold });
  } catch (error) {
    about.textContent = error.message;
  }
}
