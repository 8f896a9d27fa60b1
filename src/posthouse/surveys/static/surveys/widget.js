/* The question of a survey within somebody else's page. It brings no words, no cookie and no style of the page: what is
   shown comes from Posthouse, in a shadow root with a style sheet of its own, under any Content-Security-Policy that lets
   this script in (script-src) and lets it ask where it came from (connect-src). */
(() => {
  "use strict";
  const script = document.currentScript;
  const data = script.dataset;
  const id = data.widget || "";
  const base = `${new URL(script.src).origin}/survey/widget/${encodeURIComponent(id)}/`;
  const memory = `posthouse-survey:${id}`;
  const DAYS = 30;
  const STYLE = `
:host { all: initial; }
.box { --fill: var(--light-fill); --ink: var(--light-ink); --accent: var(--light-accent); --paper: #fff; --text: #1c1d1f;
  --soft: #5a5b60; --edge: #8d8e94; position: fixed; z-index: 2147483000; inset: auto 20px 20px auto; box-sizing: border-box;
  width: 440px; max-width: calc(100vw - 40px); max-height: calc(100vh - 40px); overflow: auto; padding: 20px;
  border: 1px solid var(--edge); border-radius: 10px; background: var(--paper); color: var(--text);
  box-shadow: 0 8px 30px rgb(0 0 0 / .2); font: 16px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; }
.box.dark { --fill: var(--dark-fill); --ink: var(--dark-ink); --accent: var(--dark-accent); --paper: #1e2024; --text: #ecebe7;
  --soft: #b3b3ae; --edge: #75767c; color-scheme: dark; }
.box:focus { outline: none; }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
legend, h2 { margin: 0 32px 12px 0; padding: 0; font-size: 17px; font-weight: 600; line-height: 1.35; }
p { margin: 0 0 12px; } .soft, .ends { color: var(--soft); font-size: 14px; }
.scale { display: grid; grid-template-columns: repeat(auto-fit, minmax(44px, 1fr)); gap: 6px; }
.scale label { position: relative; display: grid; place-items: center; min-height: 44px; border: 1px solid var(--edge);
  border-radius: 6px; cursor: pointer; font-weight: 600; }
.scale input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.scale label:has(:checked) { background: var(--fill); border-color: var(--fill); color: var(--ink); }
.scale label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
.ends { display: flex; justify-content: space-between; gap: 12px; margin: 6px 0 14px; }
.words { display: block; margin: 0 0 6px; }
textarea { box-sizing: border-box; width: 100%; min-height: 76px; margin: 0 0 12px; padding: 8px 10px; border: 1px solid var(--edge);
  border-radius: 6px; background: var(--paper); color: var(--text); font: inherit; }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
button, .button { min-height: 44px; padding: 8px 16px; border: 1px solid var(--edge); border-radius: 6px; background: none;
  color: var(--text); font: inherit; cursor: pointer; text-decoration: none; box-sizing: border-box; }
.main { background: var(--fill); border-color: var(--fill); color: var(--ink); font-weight: 600; }
.close { position: absolute; inset: 6px 6px auto auto; border: 0; padding: 0; width: 44px; font-size: 22px; line-height: 1; }
button:focus-visible, textarea:focus-visible, .button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.bad { color: #a3201a; } .dark .bad { color: #ff9d94; }
[hidden] { display: none !important; }
@media (max-width: 480px) { .box { inset: auto 0 0 0; width: 100%; max-width: 100%; border-radius: 10px 10px 0 0; border-width: 1px 0 0; }
  .scale { grid-template-columns: repeat(6, 1fr); } .scale.few { grid-template-columns: repeat(auto-fit, minmax(44px, 1fr)); } }
@media (prefers-reduced-motion: no-preference) { .box { animation: rise .25s ease-out; } }
@keyframes rise { from { transform: translateY(16px); opacity: 0; } }`;

  let open = null;

  const make = (name, given = {}, ...children) => {
    const one = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (key in one && key !== "list") one[key] = value;
      else one.setAttribute(key, value);
    }
    one.append(...children.filter((child) => child !== null && child !== undefined));
    return one;
  };

  const post = async (what, body) => {
    const answer = await fetch(`${base}${what}/`, {
      method: "POST",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail || said.title || String(answer.status));
    return said;
  };

  const attributes = () => {
    try {
      return JSON.parse(data.attributes || "{}");
    } catch (error) {
      console.warn("posthouse: data-attributes is not JSON");
      return {};
    }
  };

  const language = () => data.language || document.documentElement.lang || navigator.language || "";

  const asked = () => {
    try {
      return Number(localStorage.getItem(memory)) > Date.now();
    } catch (error) {
      return false;
    }
  };

  const remember = (said) => {
    if (!said.remember || said.preview) return;
    try {
      localStorage.setItem(memory, String(Date.now() + DAYS * 86400000));
    } catch (error) {
      /* a browser that keeps nothing is asked again */
    }
  };

  const isDark = () => {
    const theme = data.theme || "auto";
    return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  };

  const isTyping = () => {
    const at = document.activeElement;
    return at && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT|IFRAME)$/.test(at.tagName));
  };

  const show = (said) => {
    if (open) return;
    const before = document.activeElement;
    const host = make("div", { lang: said.language });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    const [light, dark] = [said.colours.light, said.colours.dark];
    sheet.replaceSync(
      `.box { --light-fill: ${light[0]}; --light-ink: ${light[1]}; --light-accent: ${light[2]};` +
        ` --dark-fill: ${dark[0]}; --dark-ink: ${dark[1]}; --dark-accent: ${dark[2]}; }${STYLE}`,
    );
    root.adoptedStyleSheets = [sheet];
    const words = said.words;
    const box = make("div", { className: isDark() ? "box dark" : "box", tabIndex: -1, role: "dialog" });
    box.setAttribute("aria-labelledby", "q");
    const stop = make("button", { type: "button", className: "close", textContent: "×" });
    stop.setAttribute("aria-label", words.close);
    const scale = make("div", { className: said.scores.length > 7 ? "scale" : "scale few" });
    const more = make("div", { hidden: true });
    const label = make("span", { id: "why" });
    const text = make("textarea", { maxLength: said.most, id: "comment" });
    const fault = make("p", { className: "bad", hidden: true, role: "alert" });
    const send = make("button", { type: "submit", className: "main", textContent: words.send });
    const later = make("button", { type: "button", textContent: words.not_now });
    let chosen = null;
    for (const one of said.scores) {
      const input = make("input", { type: "radio", name: "score", value: String(one.score) });
      input.addEventListener("change", () => {
        chosen = one;
        label.textContent = said.comment[one.group];
        more.hidden = false;
        send.hidden = false;
      });
      scale.append(make("label", {}, input, make("span", { textContent: String(one.score) })));
    }
    send.hidden = true;
    const words_label = make("label", { className: "words", htmlFor: "comment" }, label, ` (${words.optional})`);
    more.append(words_label, text);
    const form = make(
      "form",
      {},
      make(
        "fieldset",
        {},
        make("legend", { id: "q", textContent: said.question }),
        scale,
        make("div", { className: "ends" }, make("span", { textContent: said.low }), make("span", { textContent: said.high })),
      ),
      more,
      words.anonymous ? make("p", { className: "soft", textContent: words.anonymous }) : null,
      fault,
      make("div", { className: "row" }, send, later),
    );
    box.append(stop, form);
    root.append(box);

    const close = () => {
      host.remove();
      open = null;
      document.removeEventListener("keydown", keys);
      if (before && before.isConnected && before.focus) before.focus();
    };
    const notNow = () => {
      remember(said);
      if (!said.preview) post("decline", { ticket: said.ticket }).catch(() => {});
      close();
    };
    let done = false;
    const leave = () => (done ? close() : notNow());
    const keys = (event) => {
      const at = document.activeElement;
      if (event.key === "Escape" && (at === host || at === document.body || !at)) leave();
    };
    stop.addEventListener("click", leave);
    later.addEventListener("click", notNow);
    document.addEventListener("keydown", keys);

    const thank = (group) => {
      done = true;
      const link = said.link[group];
      box.replaceChildren(
        stop,
        make("h2", { id: "q", tabIndex: -1, textContent: words.thanks }),
        said.thanks[group] ? make("p", { textContent: said.thanks[group] }) : "",
        make(
          "div",
          { className: "row" },
          link ? make("a", { className: "button main", href: link.address, rel: "noopener noreferrer", textContent: link.text }) : "",
          make("button", { type: "button", textContent: words.close, onclick: close }),
        ),
      );
      box.focus();
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!chosen || send.disabled) return;
      send.disabled = true;
      fault.hidden = true;
      try {
        const body = { ticket: said.ticket, score: chosen.score, comment: text.value, language: said.language, attributes: attributes() };
        const stored = said.preview ? chosen : await post("answer", body);
        remember(said);
        thank(stored.group);
      } catch (error) {
        console.warn(`posthouse: ${error.message}`);
        fault.textContent = words.failed;
        fault.hidden = false;
        send.disabled = false;
      }
    });
    document.body.append(host);
    open = { host, close };
    if (!isTyping()) box.focus();
  };

  const ask = async (again = false) => {
    if (open || (!again && asked())) return { show: false, why: open ? "open" : "remembered" };
    const body = { language: language(), attributes: attributes() };
    if (data.identity) body.identity = data.identity;
    try {
      const said = await post("offer", body);
      if (said.show) show(said);
      return said;
    } catch (error) {
      console.warn(`posthouse: ${error.message}`);
      return { show: false, why: error.message };
    }
  };

  window.posthouseSurvey = { ask, close: () => open && open.close() };
  const begin = () => {
    const preview = data.preview && document.getElementById(data.preview);
    if (preview) {
      const said = JSON.parse(preview.textContent);
      document.addEventListener("click", (event) => {
        if (event.target.closest("[data-show-survey]")) show(said);
      });
      show(said);
    } else if (!("manual" in data)) {
      setTimeout(ask, Math.max(0, Number(data.wait) || 0) * 1000);
    }
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
