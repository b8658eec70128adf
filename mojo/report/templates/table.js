"use strict";
/* The table of trials: columns come packed, rows are made for one page at a time. */

const PAGE = 50;
const KINDS = { f4: Float32Array, f8: Float64Array, text: Int32Array };

function unpack(column) {
  const packed = atob(column.data);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i); // ten times as fast as Uint8Array.from
  const values = new KINDS[column.kind](bytes.buffer);
  const undefinedRows = new Set(column.undefined);
  const isText = column.kind === "text";
  return {
    ...column,
    isText,
    values,
    lower: isText ? column.words.map((word) => word.toLowerCase()) : [],
    text(row) {
      const value = values[row];
      if (isText) return value < 0 ? "–" : column.words[value];
      if (Number.isNaN(value)) return undefinedRows.has(row) ? "not a number" : "–";
      return numberText(value);
    },
  };
}

function numberText(value) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const short = Number(value.toPrecision(5));
  const text = size >= 1e-4 && size < 1e7 ? String(short) : short.toExponential();
  return text.replaceAll("-", "−");
}

/* Missing values go last, whichever the direction. */
function sorted(rows, column, direction) {
  const { values, isText, lower } = column;
  const absent = (row) => (isText ? values[row] < 0 : Number.isNaN(values[row]));
  const order = isText
    ? (a, b) => (lower[values[a]] < lower[values[b]] ? -1 : lower[values[a]] > lower[values[b]] ? 1 : 0)
    : (a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0);
  return rows.sort((a, b) => absent(a) - absent(b) || (absent(a) ? 0 : direction * order(a, b)) || a - b);
}

/* A number finds the trial of that number; anything else is searched in all words and numbers as shown. */
function matcher(columns, query) {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (term, row) =>
    columns.some((column, index) => {
      if (column.isText) return column.values[row] >= 0 && column.lower[column.values[row]].includes(term);
      if (index === 0) return String(column.values[row]) === term;
      return column.text(row).replaceAll("−", "-").startsWith(term);
    });
  return (row) => terms.every((term) => found(term, row));
}

function startTable(root) {
  const payload = JSON.parse(root.querySelector("script").textContent);
  const columns = payload.columns.map(unpack);
  const everything = Array.from({ length: payload.rows }, (_, row) => row);
  const [head, body, search, output] = ["thead tr", "tbody", "input", "output"].map((what) => root.querySelector(what));
  const state = { rows: everything, page: 0, column: 0, direction: 1 };
  const last = () => Math.max(0, Math.ceil(state.rows.length / PAGE) - 1);

  function show() {
    const from = state.page * PAGE;
    const rows = state.rows.slice(from, from + PAGE);
    body.replaceChildren(...rows.map((row) => rowElement(columns, row)));
    const range = rows.length ? `${from + 1}–${from + rows.length} of ${state.rows.length.toLocaleString("en")}` : "no trial";
    output.textContent = state.rows.length < payload.rows ? `${range} found` : range;
    for (const button of root.querySelectorAll("[data-page]")) {
      const back = ["first", "previous"].includes(button.dataset.page);
      button.disabled = back ? state.page === 0 : state.page === last();
    }
    [...head.children].forEach((cell, index) => {
      cell.removeAttribute("aria-sort");
      if (index === state.column) cell.setAttribute("aria-sort", state.direction > 0 ? "ascending" : "descending");
    });
  }

  function update() {
    state.rows = sorted(everything.filter(matcher(columns, search.value)), columns[state.column], state.direction);
    state.page = 0;
    show();
  }

  head.append(...columns.map((column, index) => headElement(column, () => {
    state.direction = state.column === index ? -state.direction : 1;
    state.column = index;
    update();
  })));
  search.addEventListener("input", update);
  root.querySelector(".pages").addEventListener("click", (event) => {
    const steps = { first: 0, previous: state.page - 1, next: state.page + 1, last: last() };
    if (event.target.dataset.page in steps) state.page = Math.min(Math.max(steps[event.target.dataset.page], 0), last());
    show();
  });
  for (const link of document.querySelectorAll("[data-search]")) {
    link.addEventListener("click", () => {
      search.value = link.dataset.search;
      update();
    });
  }
  show();
}

function headElement(column, onClick) {
  const cell = document.createElement("th");
  const button = document.createElement("button");
  const label = column.unit ? `${column.name} [${column.unit}]` : column.name;
  cell.scope = "col";
  button.type = "button";
  button.textContent = label;
  button.title = `Sort by ${label}`;
  button.addEventListener("click", onClick);
  if (!column.isText) cell.className = "number";
  cell.append(button);
  return cell;
}

function rowElement(columns, row) {
  const line = document.createElement("tr");
  columns.forEach((column, index) => {
    const cell = document.createElement("td");
    const text = column.text(row);
    if (index === 0) {
      const link = document.createElement("a");
      link.href = trialFolder(column.values[row]);
      link.textContent = text;
      cell.append(link);
    } else {
      cell.textContent = text;
      if (column.isText) cell.title = text;
    }
    if (!column.isText) cell.className = "number";
    line.append(cell);
  });
  return line;
}

document.querySelectorAll("[data-table]").forEach(startTable);
