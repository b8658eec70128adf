"use strict";
/* What both scripts of the page use: elements, the address, numbers in words. */

const byId = (id) => document.getElementById(id);

/* What is shown stands in the address, so that a link to it can be sent. */
const address = {
  read: () => new URLSearchParams(location.hash.slice(1)),
  get: (key) => address.read().get(key),
  change(values) {
    const now = address.read();
    for (const [key, value] of Object.entries(values)) {
      now.delete(key);
      for (const each of [value].flat()) if (each) now.append(key, each);
    }
    history.replaceState(null, "", `#${now}`);
  },
};

function element(kind, properties = {}, children = []) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...[children].flat());
  return made;
}

const count = (number) => number.toLocaleString("en").replaceAll(",", "\u202f");
const trials = (number) => `${count(number)} ${number === 1 ? "trial" : "trials"}`;

function span(seconds) {
  const units = [[1, "s", 120], [60, "min", 120], [3600, "h", 48], [86400, "days", Infinity]];
  const [size, unit] = units.find(([each, , most]) => seconds / each < most);
  const value = seconds / size;
  return `${value < 10 && unit !== "s" ? value.toFixed(1) : Math.max(1, Math.round(value))} ${unit}`;
}
