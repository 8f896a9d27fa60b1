// What pages do better with a script: copying, theme, keys, dialogs, times that stay true, charts. All works without.
"use strict";
(() => {
  const root = document.documentElement;
  const text = (name) => document.body.dataset[name] || "";
  const announce = (words) => { const place = document.getElementById("announcer"); if (place) place.textContent = words; };

  // copy buttons: the code beside them, or the element named by data-copy
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = button.dataset.copy ? document.getElementById(button.dataset.copy) : button.parentElement.querySelector("code, input, textarea");
    if (!source) return;
    const words = "value" in source ? source.value : source.textContent;
    try { await navigator.clipboard.writeText(words); } catch { if (!copyBySelection(source)) return; }
    const label = button.querySelector("span") || button;
    button.dataset.label ||= label.textContent;
    label.textContent = text("textCopied");
    announce(text("textCopied"));
    clearTimeout(button.timer);
    button.timer = setTimeout(() => { label.textContent = button.dataset.label; }, 1600);
  });
  function copyBySelection(source) {
    if ("select" in source) source.select();
    else getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }

  // theme: the cookie is what the server reads, so the next page comes in the right colours at once
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter.value;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `posthouse_theme=${chosen}; path=/; samesite=lax; max-age=${chosen ? 31536000 : 0}${secure}`;
    if (chosen) root.dataset.theme = chosen; else delete root.dataset.theme;
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button === event.submitter)));
    document.dispatchEvent(new CustomEvent("posthouse:theme"));
  });

  // keys of the desk
  let afterG = 0;
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || !document.body.classList.contains("desk")) return;
    if (Date.now() - afterG < 1500) {
      afterG = 0;
      const link = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
      if (link) { event.preventDefault(); location.href = link.href; return; }
    }
    const act = { "/": focusSearch, "?": openKeys, j: () => moveRow(1), k: () => moveRow(-1), g: () => { afterG = Date.now(); } }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  function focusSearch() { document.querySelector("[data-search]")?.focus(); }
  function openKeys() { document.getElementById("keys")?.showModal(); }
  function moveRow(step) {
    const links = [...document.querySelectorAll("main table.list tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
    if (!links.length) return;
    const row = document.activeElement.closest?.("tr");
    const at = links.findIndex((link) => link.closest("tr") === row);
    const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
    next.focus();
    next.closest("tr").scrollIntoView({ block: "nearest" });
  }

  // dialogs: data-dialog names the dialog to open; a click on the backdrop closes
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) openKeys();
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog) { event.preventDefault(); dialog.showModal(); }
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  // selects and inputs that send their form at once
  document.addEventListener("change", (event) => { if (event.target.closest("[data-submit-on-change]")) event.target.form?.requestSubmit(); });

  // times
  const units = [["year", 31536000], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const relative = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "always" });
  function refreshTimes() {
    document.querySelectorAll("time[data-ago]").forEach((time) => {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      const unit = units.find(([, size]) => Math.abs(seconds) >= size * (size === 60 ? 0.75 : 1));
      const words = unit ? relative.format(Math.round(seconds / unit[1]) || Math.sign(seconds), unit[0]) : text("textNow");
      if (time.textContent !== words) time.textContent = words;
    });
  }
  setInterval(refreshTimes, 20000);

  // charts: the library is fetched only where there is one
  let library;
  const fetched = (src) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src; script.onload = resolve; script.onerror = reject;
    document.head.append(script);
  });
  async function drawCharts(within) {
    const charts = [...within.querySelectorAll("[data-chart]:not([data-drawn])")];
    if (within.matches?.("[data-chart]:not([data-drawn])")) charts.push(within);
    if (!charts.length) return;
    charts.forEach((chart) => { chart.dataset.drawn = ""; chart.querySelector(".figures").open = false; });
    library ||= fetched(charts[0].dataset.src).then(() => fetched(charts[0].dataset.driver));
    try { await library; charts.forEach((chart) => window.posthouseChart(chart)); } catch { charts.forEach((chart) => { chart.querySelector(".plot").hidden = true; chart.querySelector(".figures").open = true; }); }
  }

  // what a fragment could not do is said, once
  function sayFailed() {
    const main = document.getElementById("main");
    if (!main || main.querySelector("[data-failed]")) return;
    const notice = document.createElement("div");
    notice.className = "notice bad flash";
    notice.dataset.failed = "";
    notice.setAttribute("role", "alert");
    notice.textContent = text("textFailed");
    main.prepend(notice);
  }
  document.addEventListener("htmx:responseError", sayFailed);
  document.addEventListener("htmx:sendError", sayFailed);

  document.addEventListener("htmx:load", (event) => drawCharts(event.detail.elt));
  document.addEventListener("htmx:afterSwap", refreshTimes);
  drawCharts(document.body);
})();
