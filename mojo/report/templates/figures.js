"use strict";
/* Draws each figure when it comes near the screen, in the colours of the page. */

const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function template() {
  const axis = { gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line"), automargin: true };
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("quiet"), size: 12, family: getComputedStyle(document.body).fontFamily },
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("line"), activecolor: colour("ink") },
      xaxis: axis,
      yaxis: axis,
    },
  };
}

function draw(plot) {
  if (plot.dataset.drawn) return;
  plot.dataset.drawn = "yes";
  const figure = JSON.parse(plot.parentElement.querySelector("script").textContent);
  figure.layout.template = template();
  Plotly.newPlot(plot, figure.data, figure.layout, {
    responsive: true,
    displaylogo: false,
    displayModeBar: matchMedia("(hover: hover)").matches && "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
  });
  plot.on("plotly_click", (event) => {
    const trial = event.points[0].customdata;
    if (Number.isInteger(trial)) open(trialFolder(trial), "_blank");
  });
}

function startFigures() {
  const plots = document.querySelectorAll(".plot");
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        observer.unobserve(entry.target);
        draw(entry.target);
      }
    },
    { rootMargin: "400px" },
  );
  plots.forEach((plot) => observer.observe(plot));
  addEventListener("beforeprint", () => plots.forEach(draw));
  dark.addEventListener("change", () => {
    plots.forEach((plot) => plot.dataset.drawn && Plotly.relayout(plot, { template: template() }));
  });
}

/* A link to a section opens it: a closed <details> shows nothing. */
function openSection() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener("hashchange", openSection);
openSection();
