/* What saves a step on every page. Nothing here is needed: each page works without it. */
"use strict";

/* Errors first: the summary takes the focus, so that it is read before anything else. */
document.querySelector(".error-summary")?.focus();

/* A second press while the first is on its way would only ask twice. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

/* Buttons that print stand hidden until there is a script to answer them. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

/* Words marked in a clause go along to the comment form as the passage meant. */
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".comment-link");
  const marked = getSelection();
  const clause = link?.closest(".clause");
  const words = marked?.toString().trim();
  if (!clause || !words || words.length > 1000 || !clause.contains(marked.anchorNode)) return;
  const address = new URL(link.href);
  address.searchParams.set("quote", words);
  link.href = address.href;
});
