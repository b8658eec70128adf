"use strict";
/* Links to trials lead to their pages, where they have one; to their folders otherwise. */

const pages = new Set(document.body.dataset.pages.split(" ").filter(Boolean).map(Number));

function trialFolder(trial) {
  const folder = (zeros) => `${String(trial).padStart(zeros.length, "0")}/${pages.has(trial) ? "index.html" : ""}`;
  return document.body.dataset.firstFolder.replace(/0+$/, folder);
}

for (const link of document.querySelectorAll('a[href$="/"]')) {
  const number = link.getAttribute("href").match(/^[^:]*\/(\d+)\/$/);
  if (number && pages.has(Number(number[1]))) link.href += "index.html";
}
