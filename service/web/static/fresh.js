// Browsers keep whole pages for their Back button. On a device that people share, such a page comes back to whoever
// sits there next: so it hides as it goes, and when it is brought back it asks the server whether it may be shown.

addEventListener("pagehide", () => document.documentElement.classList.add("gone"));
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
