/* The telephone shows what arrives without being asked. Without this it shows it at the next text. */
"use strict";

const texts = document.getElementById("texts");
texts.scrollTop = texts.scrollHeight;

setInterval(async () => {
  if (document.hidden) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const now = page.getElementById("texts");
    if (!now || now.innerHTML === texts.innerHTML) return;
    texts.replaceChildren(...now.children);
    texts.scrollTop = texts.scrollHeight;
  } catch {
    /* The server rests; the next try comes in three seconds. */
  }
}, 3000);
