// Makes pages nicer; every page works without it. No inline handlers, no evaluation (CSP).
"use strict";

// A form is sent once: a second press while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // A search (GET) or a download may be asked for again and again.
  if (event.defaultPrevented || form.method !== "post" || "again" in form.dataset) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (button && button.classList.contains("button")) {
    // Not "disabled": a disabled button's name and value would not be sent.
    button.setAttribute("aria-disabled", "true");
    if (button.dataset.busy) button.lastChild.textContent = button.dataset.busy;
  }
});

// Coming back with the browser's back button: the form can be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
  }
});

// On a phone the navigation scrolls sideways: the present page's link is in view.
const here = document.querySelector(".site-nav [aria-current]");
if (here) here.scrollIntoView({ inline: "center", block: "nearest" });

// Errors of a form come first for the keyboard and the screen reader.
const focused = document.querySelector("[data-focus]");
if (focused) focused.focus();

// Files may be dropped onto the field.
for (const area of document.querySelectorAll("[data-file-drop]")) {
  const input = area.querySelector("input[type=file]");
  const words = document.createElement("p");
  words.className = "file-drop-words";
  words.textContent = area.dataset.words;
  area.append(words);
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    area.addEventListener(name, () => area.classList.remove("is-over"));
  }
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = event.dataTransfer.files;
    if (!files.length || (files.length > 1 && !input.multiple)) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// A confirmation can be left with Escape or its own button.
for (const box of document.querySelectorAll("[data-confirm]")) {
  const close = () => {
    box.open = false;
    box.querySelector("summary").focus();
  };
  const button = box.querySelector("[data-close]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", close);
  }
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && box.open) close();
  });
  box.addEventListener("toggle", () => {
    const first = box.open && box.querySelector(".confirm-box input:not([type=hidden]), .confirm-box textarea");
    if (first) first.focus();
  });
}

// Work in the background: ask how far it is until it is done, then show the page anew.
for (const box of document.querySelectorAll("[data-poll]")) {
  const words = box.querySelector("[data-words]");
  const bar = box.querySelector("progress");
  let wait = 1000;
  const ask = async () => {
    try {
      const response = await fetch(box.dataset.poll, {
        headers: { accept: "application/json" },
        credentials: "same-origin",
      });
      if (response.status === 401 || response.status === 404) {
        window.location.reload();
        return;
      }
      if (response.ok) {
        const state = await response.json();
        if (state.words && words.textContent !== state.words) words.textContent = state.words;
        if (typeof state.percent === "number") bar.value = state.percent;
        if (state.done) {
          if (state.next && state.next.startsWith("/") && !state.next.startsWith("//")) {
            window.location.assign(state.next);
          } else {
            window.location.reload();
          }
          return;
        }
      }
    } catch {
      wait = Math.min(wait * 2, 30000); // the network is away: ask less often, don't give up
    }
    window.setTimeout(ask, wait);
    wait = Math.min(wait + 500, 5000);
  };
  window.setTimeout(ask, wait);
}

// A page that must be read to its end first: the tick opens when the last page was in view.
for (const end of document.querySelectorAll("[data-read-to-end]")) {
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    const target = document.getElementById(end.dataset.readToEnd);
    if (target) target.value = "yes";
    observer.disconnect();
  }).observe(end);
}
