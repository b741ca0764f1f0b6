// Runs before the first paint, so that a dimmed page never flashes bright. It remembers the choice in this tab only.
"use strict";
(() => {
  const root = document.documentElement;
  const dimmed = () => root.dataset.light === "dim";
  const remembered = () => { try { return sessionStorage.getItem("light"); } catch { return null; } };
  const remember = (light) => { try { sessionStorage.setItem("light", light); } catch { /* the choice lasts for this page */ } };
  if (remembered() === "dim") root.dataset.light = "dim";

  function offer() {
    const button = document.getElementById("dim");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const show = () => {
      button.hidden = dark.matches;
      button.setAttribute("aria-pressed", String(dimmed()));
    };
    button.addEventListener("click", () => {
      root.dataset.light = dimmed() ? "" : "dim";
      remember(root.dataset.light);
      show();
    });
    dark.addEventListener("change", show);
    show();
  }
  document.addEventListener("DOMContentLoaded", offer);
})();
