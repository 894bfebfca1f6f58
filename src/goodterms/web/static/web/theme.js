// Light or dark before the first paint: the person's choice, else the system's.
(function () {
  const key = "goodterms-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try { return localStorage.getItem(key) || "auto"; } catch { return "auto"; }
  }

  function apply() {
    const choice = chosen();
    const theme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.documentElement.setAttribute("data-theme-choice", choice);
    document.dispatchEvent(new CustomEvent("goodterms:theme", { detail: { theme, choice } }));
  }

  window.goodtermsTheme = {
    choose(choice) {
      try { localStorage.setItem(key, choice); } catch { /* private mode: holds for this page only */ }
      document.documentElement.setAttribute("data-theme-choice", choice);
      apply();
    },
    choice: chosen,
  };
  system.addEventListener("change", apply);
  apply();
})();
