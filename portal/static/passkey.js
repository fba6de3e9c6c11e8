// Asks the device's passkey and puts its answer into the form. Nothing is evaluated (CSP).
"use strict";

const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const text = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

// The JSON form of WebAuthn level 3; older browsers have no parse…FromJSON and no toJSON.
const asked = (options) => {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.allowCredentials, options.excludeCredentials]) {
    for (const each of list || []) each.id = bytes(each.id);
  }
  return options;
};

const told = (credential) => {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const words = form.querySelector("[data-passkey-error]");
  // In the capture phase, before the form counts as sent: the device is asked first.
  form.addEventListener(
    "submit",
    async (event) => {
      if (form.elements.answer.value) return;
      event.preventDefault();
      event.stopPropagation();
      words.hidden = true;
      try {
        const publicKey = asked(JSON.parse(form.dataset.options));
        const credential =
          form.dataset.passkey === "create"
            ? await navigator.credentials.create({ publicKey })
            : await navigator.credentials.get({ publicKey });
        form.elements.answer.value = told(credential);
        form.requestSubmit();
      } catch {
        words.textContent = form.dataset.refused;
        words.hidden = false;
      }
    },
    true,
  );
}
