"use strict";
/* The signals of single trials: a tree to choose from, and a figure for each, with one line a trial. */

const MOST_TRIALS = 20;
const MOST_SIGNALS = 40;
const COLOURS = ["#4a86c5", "#e08a2e", "#5aa469", "#9b6bb3", "#d9534f", "#8c949e"];
const DASHES = ["solid", "dash", "dot", "dashdot"];
const signals = { study: "", catalogueOf: null, catalogue: [], asked: "", plotly: null };

const lineOf = (index) => ({ color: COLOURS[index % 6], dash: DASHES[Math.floor(index / 6) % 4], width: 1.5 });
const title = (signal) => (signal.unit ? `${signal.name} [${signal.unit}]` : signal.name);
/* Plotly reads some HTML in its texts. */
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function chosenTrials() {
  const numbers = new Set();
  for (const part of (address.get("trial") ?? "0").split(/[\s,;]+/).filter(Boolean)) {
    const match = /^(\d{1,9})(?:[-–](\d{1,9}))?$/.exec(part);
    if (!match) return null;
    for (let n = +match[1]; n <= +(match[2] ?? match[1]) && numbers.size <= MOST_TRIALS; n++) numbers.add(n);
  }
  return numbers.size && numbers.size <= MOST_TRIALS ? [...numbers] : null;
}

const chosenSignals = () => address.read().getAll("signal").filter((name) => signals.catalogue.some((one) => one.name === name));

async function ask(url) {
  const answer = await fetch(url);
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.error ?? `The server answered ${answer.status}.`);
}

function query(trialNumbers, names, more = {}) {
  const parts = [...trialNumbers.map((n) => ["trial", n]), ...names.map((name) => ["signal", name]), ...Object.entries(more)];
  return new URLSearchParams(parts.map(([key, value]) => [key, String(value)]));
}

const base = () => `/study/${encodeURIComponent(signals.study)}`;

function say(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

/* Called whenever the signals are looked at, and when there is news. */
async function openSignals(study) {
  const numbers = chosenTrials();
  const field = byId("trials");
  if (document.activeElement !== field) field.value = address.get("trial") ?? "0";
  field.setAttribute("aria-invalid", String(numbers === null));
  if (numbers === null) return say(`Trials are numbers and ranges such as 0, 17, 30-35, at most ${MOST_TRIALS}.`);
  const wanted = JSON.stringify([study.id, numbers]);
  if (signals.catalogueOf === wanted && !byId("problem").textContent) return drawChosen();
  signals.study = study.id;
  signals.catalogueOf = wanted;
  try {
    const found = await ask(`${base()}/signals?${query(numbers, [])}`);
    if (signals.catalogueOf !== wanted) return undefined;
    say(found.length ? "" : numbers.length > 1 ? `Trials ${numbers.join(", ")} have no recording.` : `Trial ${numbers[0]} has no recording.`);
    if (JSON.stringify(found) !== JSON.stringify(signals.catalogue)) {
      signals.catalogue = found;
      showTree();
    }
    signals.asked = "";
    return drawChosen();
  } catch (error) {
    signals.catalogue = [];
    showTree();
    return say(error.message);
  }
}

/* Category/subgroup/...:attribute becomes branches and a leaf. */
function branches(catalogue) {
  const root = { children: new Map(), leaves: [] };
  for (const signal of catalogue) {
    const path = signal.name.split("/");
    const leaf = path.pop();
    let node = root;
    for (const part of path) {
      if (!node.children.has(part)) node.children.set(part, { children: new Map(), leaves: [] });
      node = node.children.get(part);
    }
    node.leaves.push({ label: leaf, signal });
  }
  return root;
}

function branchElement(node, isOpen) {
  const inner = [...node.children].map(([name, child]) => {
    const branch = element("details", { open: isOpen }, [element("summary", { textContent: name }), ...branchElement(child, isOpen)]);
    return branch;
  });
  const chosen = new Set(chosenSignals());
  return [...inner, ...node.leaves.map(({ label, signal }) => {
    const box = element("input", { type: "checkbox", value: signal.name, checked: chosen.has(signal.name) });
    const about = [signal.frame && `in the frame ${signal.frame}`, signal.instant].filter(Boolean).join("; ");
    return element("label", { className: "leaf", title: about }, [box, label, element("span", { textContent: signal.unit ? `[${signal.unit}]` : "" })]);
  })];
}

function showTree() {
  const terms = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = signals.catalogue.filter((one) => terms.every((term) => one.name.toLowerCase().includes(term)));
  const isOpen = terms.length > 0 || signals.catalogue.length <= 12;
  byId("tree").replaceChildren(...branchElement(branches(found), isOpen));
  if (!found.length && signals.catalogue.length) byId("tree").append(element("p", { className: "note", textContent: "No signal has such a name." }));
  showCount(found.length);
}

function showCount(found = null) {
  const chosen = chosenSignals().length;
  byId("chosen").textContent = `${found === null ? "" : `${found} of ${signals.catalogue.length} signals, `}${chosen} chosen`;
  byId("none").disabled = chosen === 0;
}

function plotly() {
  signals.plotly ??= new Promise((resolve, reject) => {
    document.head.append(element("script", { src: "/page/plotly.js", onload: resolve, onerror: () => reject(new Error("plotly.js could not be loaded.")) }));
  });
  return signals.plotly;
}

async function drawChosen() {
  const [numbers, names] = [chosenTrials(), chosenSignals()];
  const asked = JSON.stringify([signals.study, numbers, names]);
  byId("hint").hidden = names.length > 0 || !signals.catalogue.length;
  byId("csv").hidden = !names.length;
  if (!numbers || asked === signals.asked) return;
  signals.asked = asked;
  byId("legend").replaceChildren(...(names.length && numbers.length > 1 ? numbers.flatMap(keyOf) : []));
  if (!names.length) return byId("figures").replaceChildren();
  byId("csv").href = `${base()}/signals.csv?${query(numbers, names)}`;
  try {
    const [found] = await Promise.all([ask(`${base()}/samples?${query(numbers, names)}`), plotly()]);
    if (signals.asked !== asked) return;
    const without = numbers.filter((number) => !found.some((one) => one.trial === number));
    say(without.length ? `Without a recording: trial ${without.join(", ")}.` : "");
    showFigures(names, numbers, found);
  } catch (error) {
    say(error.message);
  }
}

function keyOf(trial, index) {
  const key = element("span", { className: "key" });
  key.style.borderTopColor = lineOf(index).color;
  key.style.borderTopStyle = { solid: "solid", dash: "dashed" }[lineOf(index).dash] ?? "dotted";
  return [key, element("a", { href: folderUrl(shown(), trial), target: "_blank", textContent: `trial ${trial}` })];
}

function traces(name, numbers, found) {
  return found.filter((one) => one.signals[name]).map((one) => ({
    x: one.signals[name].time,
    y: one.signals[name].values,
    name: `trial ${one.trial}`,
    mode: "lines",
    line: lineOf(numbers.indexOf(one.trial)),
    hovertemplate: "%{y:.5~g}",
  }));
}

function showFigures(names, numbers, found) {
  const box = byId("figures");
  for (const old of [...box.children]) {
    if (names.includes(old.dataset.signal)) continue;
    Plotly.purge(old.querySelector(".plot"));
    old.remove();
  }
  for (const name of names) {
    const signal = signals.catalogue.find((one) => one.name === name);
    const figure = [...box.children].find((one) => one.dataset.signal === name) ?? figureFor(signal);
    box.append(figure);
    drawFigure(figure.querySelector(".plot"), signal, traces(name, numbers, found));
  }
}

function figureFor(signal) {
  const plot = element("div", { className: "plot", ariaLabel: `${signal.name} over time` });
  plot.setAttribute("role", "img");
  plot.style.height = "280px";
  const png = element("button", { type: "button", textContent: "PNG", ariaLabel: `Save ${signal.name} as PNG` });
  png.addEventListener("click", () => {
    const name = `${signals.study} ${signal.name} trial ${chosenTrials().join("-")}`.replaceAll(/[^\w.-]+/g, "_");
    Plotly.downloadImage(plot, { format: "png", width: 1200, height: 600, scale: 2, filename: name.slice(0, 100) });
  });
  const figure = element("figure", {}, [element("figcaption", {}, [element("span", { textContent: title(signal) }), png]), plot]);
  figure.dataset.signal = signal.name;
  return figure;
}

function drawFigure(plot, signal, lines) {
  const isNew = !plot.dataset.drawn;
  plot.dataset.drawn = "yes";
  const layout = {
    template: template(),
    height: 280,
    margin: { l: 58, r: 14, t: 10, b: 46 },
    showlegend: false,
    hovermode: "x unified",
    xaxis: { title: { text: "time [s]" } },
    yaxis: { title: { text: plain(signal.unit ? `[${signal.unit}]` : "") } },
  };
  Plotly.react(plot, lines, layout, { displaylogo: false, displayModeBar: "hover" });
  if (!isNew) return;
  widths.observe(plot);
  plot.on("plotly_relayout", (change) => refine(plot, signal.name, change));
}

/* After a zoom the samples of the span that is left are asked for: the more it is zoomed, the finer they are. */
async function refine(plot, name, change) {
  const isReset = change["xaxis.autorange"];
  const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  if (!isReset && from === undefined) return;
  const numbers = chosenTrials();
  const found = await ask(`${base()}/samples?${query(numbers, [name], isReset ? {} : { from, to })}`).catch(() => null);
  if (found === null) return;
  const lines = traces(name, numbers, found);
  if (lines.length === plot.data.length) Plotly.restyle(plot, { x: lines.map((line) => line.x), y: lines.map((line) => line.y) });
}

function later(call, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, wait);
  };
}

byId("choice").addEventListener("submit", (event) => event.preventDefault());
byId("search").addEventListener("input", showTree);
byId("trials").addEventListener("input", later(() => {
  address.change({ trial: byId("trials").value });
  openSignals(shown());
}, 300));
byId("tree").addEventListener("change", (event) => {
  const name = event.target.value;
  const others = address.read().getAll("signal").filter((each) => each !== name);
  if (event.target.checked && others.length >= MOST_SIGNALS) {
    event.target.checked = false;
    return say(`At most ${MOST_SIGNALS} signals are drawn at a time.`);
  }
  address.change({ signal: event.target.checked ? [...others, name] : others });
  showCount();
  return drawChosen();
});
byId("none").addEventListener("click", () => {
  address.change({ signal: [] });
  showTree();
  drawChosen();
});
