// What the documentation does better with a script: the contents show where one is, and the chosen language stays.
"use strict";
(() => {
  const KEY = "posthouse-sample";
  const side = document.querySelector(".docs-side");
  const here = side?.querySelector("[aria-current]");
  if (here && here.offsetTop > side.clientHeight - 80) side.scrollTop = here.offsetTop - side.clientHeight / 3;

  function choose(language) {
    document.querySelectorAll(".switch > input").forEach((input) => { if (input.id.endsWith(`-${language}`)) input.checked = true; });
  }
  try {
    const chosen = localStorage.getItem(KEY);
    if (chosen) choose(chosen);
  } catch { /* storage may be forbidden; then the choice holds for this page */ }
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".switch > input")) return;
    const language = event.target.id.slice(event.target.name.length + 1);
    choose(language);
    try { localStorage.setItem(KEY, language); } catch { /* as above */ }
  });
})();
