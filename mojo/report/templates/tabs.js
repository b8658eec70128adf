"use strict";
/* Tabs. Without this script all panels are shown, one below the other. */

function startTabs(list, onSelect = () => {}) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

  function select(tab) {
    for (const other of tabs) {
      const isChosen = other === tab;
      other.setAttribute("aria-selected", String(isChosen));
      other.tabIndex = isChosen ? 0 : -1;
      if (isChosen) panelOf(other).removeAttribute("hidden");
      else panelOf(other).setAttribute("hidden", "until-found"); // the browser's own search opens it
    }
    if (list.scrollWidth > list.clientWidth) tab.scrollIntoView({ inline: "center", block: "nearest" });
    onSelect(tab);
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) select(tab);
  });
  list.addEventListener("keydown", (event) => {
    const now = tabs.indexOf(document.activeElement);
    const goal = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (now < 0 || goal === undefined) return;
    event.preventDefault();
    const tab = tabs[(goal + tabs.length) % tabs.length];
    tab.focus();
    select(tab);
  });
  for (const tab of tabs) panelOf(tab).addEventListener("beforematch", () => select(tab));
  list.hidden = false;
  return {
    select,
    tabOf: (element) => tabs.find((tab) => panelOf(tab).contains(element)),
    first: tabs[0],
  };
}
