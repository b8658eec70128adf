"use strict";
/* The report's tabs, links between its sections, and a search over many figures. */

const MANY_FIGURES = 9;

let isOpen = false; // only a choice that somebody makes is written into the address

const parts = startTabs(document.querySelector('[role="tablist"]'), (tab) => {
  if (!isOpen) return;
  const panel = document.getElementById(tab.getAttribute("aria-controls"));
  const main = document.getElementById("content");
  history.replaceState(null, "", `#${panel.querySelector(".section").id}`);
  if (main.getBoundingClientRect().top < 0) main.scrollIntoView({ behavior: "instant" });
});

/* A link to a section opens its tab and the section: a closed <details> shows nothing. */
function openSection(hash) {
  const target = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
  const tab = target && parts.tabOf(target);
  if (!tab) return;
  parts.select(tab);
  history.replaceState(null, "", hash);
  const section = target.closest("details.section");
  if (!section) return;
  section.open = true;
  if (section.previousElementSibling) section.scrollIntoView();
}

/* Paper shows all tabs. */
addEventListener("beforeprint", () => {
  for (const panel of document.querySelectorAll('[role="tabpanel"]')) panel.removeAttribute("hidden");
});
addEventListener("afterprint", () => parts.select(document.querySelector('[role="tab"][aria-selected="true"]')));

function addSearch(grid) {
  const label = document.createElement("label");
  const field = Object.assign(document.createElement("input"), { type: "search", placeholder: "part of a name", spellcheck: false });
  const output = document.createElement("output");
  const box = document.createElement("div");
  const figures = [...grid.querySelectorAll("figure")];
  box.className = "controls";
  label.append("Find a figure ", field);
  output.setAttribute("aria-live", "polite");
  box.append(label, output);
  grid.before(box);
  field.addEventListener("input", () => {
    const terms = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const figure of figures) {
      const name = figure.querySelector("figcaption").textContent.toLowerCase();
      figure.hidden = !terms.every((term) => name.includes(term));
    }
    output.textContent = terms.length ? `${figures.filter((figure) => !figure.hidden).length} of ${figures.length}` : "";
  });
}

for (const grid of document.querySelectorAll(".plots")) if (grid.querySelectorAll(".plot").length > MANY_FIGURES) addSearch(grid);
if (parts.first) parts.select(parts.first);
isOpen = true;
openSection(location.hash);
addEventListener("hashchange", () => openSection(location.hash));
