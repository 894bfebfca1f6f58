// Keyboard, theme buttons and progress: what the pages need beyond the kit and htmx.
(function () {
  "use strict";
  const shortcutsKey = "goodterms-shortcuts";

  function remember(key, value) {
    try { localStorage.setItem(key, value); } catch { /* private mode */ }
  }

  function recall(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  }

  // Theme -------------------------------------------------------------------------------------------------------

  function showThemeChoice() {
    const choice = window.goodtermsTheme.choice();
    document.querySelectorAll("[data-theme-value]").forEach((button) => {
      const active = button.dataset.themeValue === choice;
      button.setAttribute("aria-pressed", String(active));
      button.classList.toggle("active", active);
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-value]");
    if (button) {
      window.goodtermsTheme.choose(button.dataset.themeValue);
      showThemeChoice();
    }
  });

  // Keyboard ----------------------------------------------------------------------------------------------------

  const places = { t: "today", c: "customers", o: "outbox", d: "problems", n: "notices", l: "calls" };
  let waitsForPlace = false;

  function isTyping(target) {
    return target.closest("input, textarea, select, [contenteditable]") !== null;
  }

  function rowLinks() {
    return Array.from(document.querySelectorAll("[data-list] [data-row-link]"));
  }

  function step(by) {
    const links = rowLinks();
    if (links.length === 0) return false;
    const at = links.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
    const to = at === -1 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
    links[to].focus();
    links[to].closest("[data-row]").scrollIntoView({ block: "nearest" });
    return true;
  }

  function follow(selector) {
    const link = document.querySelector(selector);
    if (link) link.click();
    return Boolean(link);
  }

  function focusSearch() {
    const field = document.querySelector("[data-list-search]") || document.querySelector("[data-search]");
    if (!field) return false;
    field.focus();
    field.select();
    return true;
  }

  function openHelp() {
    const dialog = document.getElementById("keyboard-help");
    if (!dialog) return false;
    window.tabler.Modal.getOrCreateInstance(dialog).show();
    return true;
  }

  function goTo(letter) {
    const link = document.querySelector(`[data-place="${places[letter]}"]`);
    if (link) window.location.assign(link.href);
    return Boolean(link);
  }

  const keys = {
    "/": focusSearch,
    "?": openHelp,
    j: () => step(1),
    k: () => step(-1),
    n: () => follow("[data-page='next']"),
    p: () => follow("[data-page='previous']"),
    g: () => { waitsForPlace = true; window.setTimeout(() => { waitsForPlace = false; }, 1500); return true; },
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) {
      // Leaves the field and keeps its words; of itself a search field would empty itself.
      event.preventDefault();
      event.target.blur();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (recall(shortcutsKey) === "off" || document.querySelector(".modal.show")) return;
    const done = waitsForPlace && places[event.key] ? goTo(event.key) : keys[event.key] && keys[event.key]();
    if (event.key !== "g") waitsForPlace = false;
    if (done) event.preventDefault();
  });

  // Single-key shortcuts can be switched off (WCAG 2.1.4): they get in the way of speech input.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcuts-switch]")) remember(shortcutsKey, event.target.checked ? "on" : "off");
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-help]")) openHelp();
  });

  // A field to copy from: without scripts it is still there to be marked by hand.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.copy);
      navigator.clipboard.writeText(field.value).then(() => { button.textContent = button.dataset.copied; });
    });
  });

  // Progress ----------------------------------------------------------------------------------------------------

  let running = 0;
  function showProgress(by) {
    running = Math.max(0, running + by);
    document.documentElement.classList.toggle("is-loading", running > 0);
  }
  document.addEventListener("htmx:beforeRequest", () => showProgress(1));
  document.addEventListener("htmx:afterRequest", () => showProgress(-1));
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.defaultPrevented && event.target.method === "post" && button) {
      window.setTimeout(() => { button.disabled = true; button.classList.add("btn-loading"); }, 0);
      // An answer that is a file leaves the page where it is, and no event tells that it has come.
      if ("download" in event.target.dataset) window.setTimeout(() => { release(button); }, 10000);
    }
  });
  function release(button) {
    button.disabled = false;
    button.classList.remove("btn-loading");
  }
  window.addEventListener("pageshow", () => { document.querySelectorAll(".btn-loading").forEach(release); });

  document.addEventListener("htmx:responseError", (event) => {
    const place = document.getElementById("page-messages");
    if (place && event.detail.xhr.status >= 500) {
      place.textContent = place.dataset.fault;
      place.className = "alert alert-danger";
    }
  });

  // On a phone the tabs scroll sideways: the present one is to be seen.
  const tab = document.querySelector(".list-tabs .nav-link.active");
  if (tab) {
    const tabs = tab.closest(".list-tabs");
    tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }

  showThemeChoice();
  const shortcuts = document.querySelector("[data-shortcuts-switch]");
  if (shortcuts) shortcuts.checked = recall(shortcutsKey) !== "off";
})();
