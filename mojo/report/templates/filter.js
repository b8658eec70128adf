"use strict";
/* A search field that hides what does not hold all of its words. */

document.querySelectorAll("[data-filter]").forEach((input) => {
  const root = input.closest(".section");
  const found = [...root.querySelectorAll(input.dataset.filter)];
  const name = (element) => element.querySelector("figcaption").textContent.toLowerCase();
  input.addEventListener("input", () => {
    const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.forEach((element) => { element.hidden = !terms.every((term) => name(element).includes(term)); });
    const shown = found.filter((element) => !element.hidden).length;
    root.querySelector("output").textContent = terms.length ? `${shown} of ${found.length}` : "";
  });
});
