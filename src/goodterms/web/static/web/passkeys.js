// Passkeys are offered where the browser knows them; what goes wrong is said in the page.
(function () {
  "use strict";
  // Under a bare number such as 127.0.0.1 no browser takes a passkey.
  const isNumber = /^[\d.]+$|:/.test(window.location.hostname);
  const known = Boolean(window.PublicKeyCredential) && window.isSecureContext && !isNumber;

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-passkey]").forEach((part) => { part.hidden = !known; });
  });

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-fault]").forEach((place) => { place.hidden = false; });
  });
})();
