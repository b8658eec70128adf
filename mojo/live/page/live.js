"use strict";
/* Shows what the server tells of the studies. All texts come in as text, never as HTML. */

const page = { studies: [], tabs: null, told: "" };

const shown = () => page.studies.find((study) => study.id === address.get("study")) ?? page.studies[0];
const fileUrl = (study, path) => `/files/${[study.id, ...path.split("/")].map(encodeURIComponent).join("/")}`;

function folderUrl(study, trial) {
  const folder = study.first_folder.replace(/0+$/, (zeros) => String(trial).padStart(zeros.length, "0"));
  return `${fileUrl(study, folder)}/`;
}

function statement(study) {
  if (study.problem) return "This study cannot be read";
  const bad = study.unsuccessful;
  const failed = bad.reduce((sum, outcome) => sum + study.outcomes[outcome], 0);
  const split = bad.map((outcome) => `${count(study.outcomes[outcome])} ${outcome}`).join(", ");
  const end = failed ? `, ${bad.length > 1 ? `${count(failed)} without success: ${split}` : split}` : "";
  if (study.done === 0) return study.running ? "No trial has ended yet" : `None of ${trials(study.planned)} has run yet`;
  return `${count(study.done)} of ${trials(study.planned)} done${end}`;
}

function details(study) {
  if (study.problem) return [study.problem];
  const rate = study.rate && (study.rate >= 1 ? `${study.rate.toPrecision(3)} trials/s` : `${(60 * study.rate).toPrecision(3)} trials/min`);
  const waiting = study.done < study.planned ? "not running" : "complete";
  return [
    study.running ? "running" : waiting,
    study.planned < study.at_most && `ended early, of at most ${trials(study.at_most)}`,
    study.left && `about ${span(study.left)} left`,
    study.running && rate,
    study.generated && `${count(study.generated)} generated so far`,
    study.simulated && `${count(study.simulated)} simulated, not scored yet`,
  ].filter(Boolean);
}

function stripe(study) {
  if (study.problem) return [];
  const missing = study.planned - study.done;
  return Object.entries({ ...study.outcomes, missing }).filter(([, number]) => number > 0).map(([outcome, number]) => {
    const part = element("span", { className: outcome, title: `${outcome}: ${count(number)}` });
    part.style.flexGrow = number;
    return part;
  });
}

function card(study) {
  const link = element("a", { href: `#study=${encodeURIComponent(study.id)}` }, [
    element("strong", { textContent: study.name, title: study.name }),
    element("span", { textContent: study.problem ? "cannot be read" : `${count(study.done)} of ${trials(study.planned)}${study.running ? ", running" : ""}` }),
    element("div", { className: "stripe" }, stripe(study)),
  ]);
  if (study === shown()) link.setAttribute("aria-current", "page");
  return element("li", {}, link);
}

function outcomeRow(study, outcome, number) {
  const dot = element("span", { className: `dot ${outcome}` });
  dot.setAttribute("aria-hidden", "true");
  return element("tr", {}, [
    element("th", { scope: "row" }, [dot, outcome === "missing" ? "not ended yet" : outcome]),
    element("td", { className: "number", textContent: count(number) }),
    element("td", { className: "number", textContent: `${((100 * number) / Math.max(study.planned, 1)).toPrecision(3)} %` }),
  ]);
}

function failureRow(study, failure) {
  const signals = element("a", { href: "#", textContent: "draw" });
  signals.setAttribute("aria-label", `Draw signals of trial ${failure.trial}`);
  signals.addEventListener("click", (event) => {
    event.preventDefault();
    address.change({ trial: String(failure.trial) });
    page.tabs.select(byId("tab-signals"));
  });
  return element("tr", {}, [
    element("th", { scope: "row" }, element("a", { href: folderUrl(study, failure.trial), textContent: failure.trial, target: "_blank" })),
    element("td", {}, [element("span", { className: `dot ${failure.outcome}` }), failure.outcome]),
    element("td", { textContent: failure.stage }),
    element("td", { className: "words", textContent: failure.error || "no reason was recorded" }),
    element("td", {}, signals),
  ]);
}

function verdictItem([name, state]) {
  const tone = { MET: "met", "NOT MET": "unmet" }[state] ?? "open";
  return element("li", {}, [element("span", { className: `verdict ${tone}`, textContent: state }), ` ${name}`]);
}

function film(study, each) {
  const url = fileUrl(study, each.path);
  const said = `Film ${each.name} of trial ${each.trial}`;
  const poster = each.poster ? fileUrl(study, each.poster) : "";
  const picture = /\.(gif|png)$/.test(each.path)
    ? element("img", { src: url, alt: said, loading: "lazy" })
    : element("video", { src: url, poster, controls: true, loop: true, muted: true, playsInline: true, preload: "metadata", ariaLabel: said });
  const folder = element("a", { href: folderUrl(study, each.trial), textContent: `Trial ${each.trial}`, target: "_blank" });
  return element("figure", { className: "film" }, [element("figcaption", {}, [folder, `, ${each.name}`]), picture]);
}

function showReport(study) {
  const frame = byId("report-frame");
  byId("no-report").hidden = Boolean(study.report);
  byId("report-there").hidden = !study.report;
  if (!study.report) return;
  const url = fileUrl(study, study.report.path);
  const wanted = `${url}?v=${study.report.version}`;
  byId("report-link").href = url;
  const isOther = !frame.src || !frame.src.includes(`${url}?`);
  if (isOther && !byId("report").hidden) frame.src = wanted;
  byId("report-new").hidden = isOther || frame.src.endsWith(wanted);
  byId("report-new").onclick = () => {
    frame.src = wanted;
    byId("report-new").hidden = true;
  };
}

/* A part is made anew only when what it shows has changed, so that a film plays on and the focus stays. */
function fill(id, key, make) {
  const text = JSON.stringify(key);
  if (byId(id).dataset.told === text) return;
  byId(id).dataset.told = text;
  byId(id).replaceChildren(...make());
}

function showStudy(study) {
  const ready = !study.problem;
  document.title = `${study.name} – ${statement(study)}`;
  byId("name").textContent = study.name;
  byId("kind").textContent = ready ? `${study.kind} study` : "";
  byId("statement").textContent = statement(study);
  fill("stripe", [study.outcomes, study.planned], () => stripe(study));
  fill("details", details(study), () => details(study).map((text) => element("li", { textContent: text })));
  byId("tabs").hidden = !ready;
  for (const panel of document.querySelectorAll('[role="tabpanel"]')) panel.classList.toggle("gone", !ready);
  if (!ready) return;
  const left = study.planned - study.done;
  const counts = left ? { ...study.outcomes, missing: left } : study.outcomes;
  fill("outcomes", counts, () => Object.entries(counts).map(([outcome, number]) => outcomeRow(study, outcome, number)));
  byId("verdict-section").hidden = !Object.keys(study.verdicts).length;
  fill("verdicts", study.verdicts, () => Object.entries(study.verdicts).map(verdictItem));
  byId("no-failures").hidden = study.failures.length > 0;
  byId("failure-table").hidden = !study.failures.length;
  fill("failures", [study.id, study.failures], () => study.failures.map((failure) => failureRow(study, failure)));
  byId("no-films").hidden = study.films.length > 0;
  fill("film-list", [study.id, study.films], () => study.films.map((each) => film(study, each)));
  showReport(study);
}

function show() {
  byId("nothing").hidden = page.studies.length > 0;
  byId("shown").hidden = !page.studies.length;
  if (!page.studies.length) return;
  document.body.dataset.firstFolder = folderUrl(shown(), 0).replace(/\/$/, "");
  fill("studies", [page.studies.map((s) => [s.id, s.name, s.done, s.planned, s.running, s.outcomes, s.problem]), shown().id], () =>
    page.studies.map(card),
  );
  showStudy(shown());
  if (!shown().problem && !byId("signals").hidden) openSignals(shown());
}

/* While nobody looks at the page, it asks for nothing. */
let source = null;
function listen() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource("/events");
  source.addEventListener("open", () => (byId("connection").textContent = "connected"));
  source.addEventListener("error", () => (byId("connection").textContent = "the server does not answer; trying again …"));
  source.addEventListener("studies", (event) => {
    if (event.data === page.told) return;
    page.told = event.data;
    page.studies = JSON.parse(event.data);
    show();
  });
}

page.tabs = startTabs(byId("tabs"), (tab) => {
  address.change({ tab: tab.getAttribute("aria-controls") });
  if (page.studies.length) show();
});
page.tabs.select(byId(`tab-${address.get("tab")}`) ?? page.tabs.first);
addEventListener("hashchange", () => {
  page.tabs.select(byId(`tab-${address.get("tab")}`) ?? page.tabs.first);
});
document.addEventListener("visibilitychange", listen);
listen();
