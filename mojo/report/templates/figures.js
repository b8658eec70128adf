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
    displaylogo: false,
    displayModeBar: matchMedia("(hover: hover)").matches && "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
  });
  widths.observe(plot);
  plot.on("plotly_click", (event) => {
    const trial = event.points[0].customdata;
    if (Number.isInteger(trial)) open(trialFolder(trial), "_blank");
  });
}

/* Plotly itself follows the window only, not a tab that was hidden while the window changed. */
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const isOld = target.clientWidth > 0 && target.checkVisibility() && target.clientWidth !== target._fullLayout?.width;
    if (isOld) Plotly.relayout(target, { width: target.clientWidth });
  }
});

function startFigures() {
  const plots = document.querySelectorAll(".plot");
  const waiting = [];
  const observer = new IntersectionObserver(
    (entries) => {
      const near = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
      near.forEach((plot) => observer.unobserve(plot));
      if (!waiting.length && near.length) setTimeout(drawNext);
      waiting.push(...near);
    },
    { rootMargin: "400px" },
  );

  /* One at a time: in between the browser paints, and answers clicks. */
  function drawNext() {
    const plot = waiting.shift();
    if (plot.checkVisibility()) draw(plot);
    else observer.observe(plot); // its tab was left before its turn came
    if (waiting.length) setTimeout(drawNext);
  }

  plots.forEach((plot) => observer.observe(plot));
  addEventListener("beforeprint", () => plots.forEach(draw));
}

dark.addEventListener("change", () => {
  document.querySelectorAll(".plot[data-drawn]").forEach((plot) => Plotly.relayout(plot, { template: template() }));
});
