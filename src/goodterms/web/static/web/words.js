// The editor of a template: shows and checks the words shortly after one stops typing. Without it the buttons do the same.
(function () {
  "use strict";
  const form = document.querySelector("form[data-words]");
  if (!form) return;
  const show = form.querySelector("[data-words-preview]");
  const check = form.querySelector("[data-words-check]");
  let waits = 0;

  function again() {
    form.requestSubmit(show);
    check.click();
  }

  // The frame's form leaves this page where it is, so its button must not stay as if it waited for an answer.
  form.addEventListener("submit", (event) => {
    if (event.submitter === show) {
      window.setTimeout(() => {
        show.disabled = false;
        show.classList.remove("btn-loading");
      }, 50);
    }
  });
  form.addEventListener("input", (event) => {
    if (event.target.name !== "source") return;
    window.clearTimeout(waits);
    waits = window.setTimeout(again, 700);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "customer") again();
  });
})();
