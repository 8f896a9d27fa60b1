// Draws a chart from its data with Chart.js, in the colours of the style sheet.
"use strict";
(() => {
  const drawn = new Map();
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");

  // A custom property may hold light-dark(): only a computed colour is one that a canvas understands.
  function colours(element) {
    const probe = document.createElement("span");
    probe.hidden = true;
    element.append(probe);
    const read = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
    const found = { accent: read("accent"), soft: read("ink-soft"), warn: read("warn"), bad: read("bad"), good: read("good"), line: read("line"), ink: read("ink"), surface: read("surface") };
    probe.remove();
    return found;
  }
  const faded = (colour, alpha) => colour.replace(/^rgba?\(([^)]*)\)$/, (_, parts) => `rgba(${parts.split(/[ ,/]+/).slice(0, 3).join(",")},${alpha})`);

  function datasets(spec, palette) {
    const line = spec.kind === "line";
    const found = spec.series.map((series) => ({
      label: series.name, data: series.values, borderColor: palette[series.role], backgroundColor: line ? palette[series.role] : faded(palette[series.role], 0.85),
      borderWidth: line ? 2 : 0, pointRadius: series.values.length === 1 ? 3 : 0, pointHoverRadius: 4, tension: 0.25, spanGaps: false, borderRadius: line ? 0 : 3, borderSkipped: "bottom", maxBarThickness: 36,
    }));
    if (spec.band) {
      const common = { borderWidth: 0, pointRadius: 0, pointHoverRadius: 0, tension: 0.25, backgroundColor: faded(palette.accent, 0.16), band: true, order: 10 };
      found.push({ ...common, label: `${spec.band.name} ↓`, data: spec.band.low, fill: false }, { ...common, label: `${spec.band.name} ↑`, data: spec.band.high, fill: "-1" });
    }
    return found;
  }

  // The name of every line stands at its end instead of in a legend.
  const names = {
    id: "names",
    afterDatasetsDraw(chart) {
      const spec = chart.$spec;
      if (spec.kind !== "line") return;
      const ctx = chart.ctx;
      ctx.save();
      ctx.font = `12px ${Chart.defaults.font.family}`;
      ctx.textBaseline = "middle";
      const places = [];
      chart.data.datasets.forEach((set, index) => {
        const points = chart.getDatasetMeta(index).data.filter((point, at) => set.data[at] !== null && set.data[at] !== undefined);
        const last = points.at(-1);
        if (!last || (set.band && set.fill === false)) return;
        places.push({ y: last.y, x: last.x, words: set.band ? spec.band.name : set.label, colour: set.band ? chart.$palette.soft : set.borderColor });
      });
      places.sort((a, b) => a.y - b.y);
      places.forEach((place, at) => { if (at && place.y - places[at - 1].y < 14) place.y = places[at - 1].y + 14; });
      places.forEach((place) => { ctx.fillStyle = place.colour; ctx.fillText(place.words, chart.chartArea.right + 8, place.y); });
      ctx.restore();
    },
  };

  function room(spec) {
    const ctx = document.createElement("canvas").getContext("2d");
    ctx.font = `12px ${Chart.defaults.font.family}`;
    const words = [...spec.series.map((series) => series.name), spec.band ? spec.band.name : ""];
    return Math.min(Math.ceil(Math.max(...words.map((word) => ctx.measureText(word).width))) + 12, 140);
  }

  // "22 Nov, 09:00" becomes "09:00" under a tick of the same day.
  function shortLabel(value, index, ticks) {
    const label = String(this.getLabelForValue(value));
    const [day, time] = label.split(", ");
    const before = index ? String(this.getLabelForValue(ticks[index - 1].value)).split(", ")[0] : "";
    return time && day === before ? time : label;
  }

  function configuration(spec, palette) {
    const lang = document.documentElement.lang || "en";
    const amount = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
    const short = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
    const unit = spec.unit ? ` ${spec.unit}` : "";
    const legend = spec.kind === "bar" && spec.series.length > 1;
    return {
      type: spec.kind, plugins: [names], data: { labels: spec.labels, datasets: datasets(spec, palette) },
      options: {
        responsive: true, maintainAspectRatio: false, animation: reduced.matches ? false : { duration: 250 }, interaction: { mode: "index", intersect: false },
        layout: { padding: { right: spec.kind === "line" ? room(spec) : 0, top: 8 } },
        plugins: {
          legend: { display: legend, position: "top", align: "start", labels: { boxWidth: 10, boxHeight: 10, color: palette.ink } },
          tooltip: { backgroundColor: palette.ink, titleColor: palette.surface, bodyColor: palette.surface, cornerRadius: 6, boxPadding: 4, callbacks: { label: (item) => ` ${item.dataset.label}: ${item.raw === null ? "–" : amount.format(item.raw)}${unit}` } },
        },
        scales: {
          x: { stacked: spec.stacked, grid: { display: false }, border: { color: palette.line }, ticks: { color: palette.soft, maxRotation: 0, autoSkipPadding: 16, callback: shortLabel } },
          y: { type: spec.log ? "logarithmic" : "linear", stacked: spec.stacked, beginAtZero: true, grid: { color: palette.line }, border: { display: false }, ticks: { color: palette.soft, maxTicksLimit: 5, callback: (value) => short.format(value) + unit } },
        },
      },
    };
  }

  window.posthouseChart = (figure) => {
    const spec = JSON.parse(figure.dataset.chart);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    drawn.get(figure)?.destroy();
    const palette = colours(figure);
    const settings = configuration(spec, palette);
    settings.plugins.unshift({ id: "remember", beforeInit: (chart) => { chart.$spec = spec; chart.$palette = palette; } });
    drawn.set(figure, new Chart(figure.querySelector("canvas"), settings));
  };
  const again = () => drawn.forEach((chart, figure) => { if (figure.isConnected) window.posthouseChart(figure); else { chart.destroy(); drawn.delete(figure); } });
  document.addEventListener("posthouse:theme", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
