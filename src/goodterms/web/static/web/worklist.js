// The worklist's own keys and ticks: x ticks a row, e finishes, s puts off, a gives away; counts what is ticked.
(function () {
  "use strict";
  const shortcutsKey = "goodterms-shortcuts";

  function isOff() {
    try { return localStorage.getItem(shortcutsKey) === "off"; } catch { return false; }
  }

  function isTyping(target) {
    return target.closest("input:not([type='checkbox']), textarea, select, [contenteditable]") !== null;
  }

  function presentRow() {
    const focused = document.activeElement && document.activeElement.closest("[data-list] [data-row]");
    return focused || document.querySelector("[data-list] [data-row]");
  }

  function countTicks() {
    const ticked = document.querySelectorAll("[data-tick]:checked").length;
    document.querySelectorAll("[data-tick-count]").forEach((badge) => {
      badge.textContent = String(ticked);
      badge.hidden = ticked === 0;
    });
    const all = document.querySelector("[data-tick-all]");
    if (all) {
      const rows = document.querySelectorAll("[data-tick]").length;
      all.checked = ticked > 0 && ticked === rows;
      all.indeterminate = ticked > 0 && ticked < rows;
    }
  }

  function tick() {
    const row = presentRow();
    const box = row && row.querySelector("[data-tick]");
    if (!box) return false;
    box.checked = !box.checked;
    countTicks();
    return true;
  }

  function quick(letter) {
    const row = presentRow();
    const menu = row && row.querySelector("[data-row-menu]");
    const field = menu && menu.querySelector(`[data-quick="${letter}"]`);
    if (!field) return false;
    menu.open = true;
    field.focus();
    menu.scrollIntoView({ block: "nearest" });
    return true;
  }

  const keys = { x: tick, e: () => quick("e"), s: () => quick("s"), a: () => quick("a") };

  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest("[data-row-menu][open]");
    if (open) {
      open.open = false;
      const link = open.closest("[data-row]").querySelector("[data-row-link]");
      if (link) link.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (isOff() || document.querySelector(".modal.show")) return;
    if (keys[event.key] && keys[event.key]()) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      document.querySelectorAll("[data-tick]").forEach((box) => { box.checked = event.target.checked; });
    }
    if (event.target.matches("[data-tick], [data-tick-all]")) countTicks();
    // A call to be made again needs its day.
    const form = event.target.name === "outcome" && event.target.closest("[data-call-form]");
    if (form && form.elements.call_back) form.elements.call_back.required = event.target.value === "call_back";
  });

  // One menu at a time; a click elsewhere closes it.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("[data-row-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  countTicks();
})();
