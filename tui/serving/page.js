"use strict";
/* Beside textual.js: the token goes with the WebSocket, the terminal has the keyboard without a click, and when the
   session has ended the server's sentence is shown. */
(() => {
  const query = new URLSearchParams(location.search);
  const find = (selector) => document.querySelector(selector);
  const focus = () => find(document.body.classList.contains("-closed") ? "#start" : ".xterm-helper-textarea")?.focus();

  window.WebSocket = class extends WebSocket {
    constructor(address) {
      const url = new URL(address, location.href);
      url.protocol = location.protocol.replace("http", "ws");
      url.searchParams.set("token", query.get("token"));
      super(url);
      this.addEventListener("open", () => setTimeout(focus));
      this.addEventListener("close", (event) => {
        find("#reason").textContent = event.reason || "The server has gone, or the connection to it.";
        setTimeout(focus);
      });
    }
  };

  const begin = window.onload;
  window.onload = async (event) => {
    find("#start").addEventListener("click", () => location.reload());
    await document.fonts.load("16px 'Roboto Mono'").catch(() => {});
    begin.call(window, event);
    focus();
  };
  window.addEventListener("focus", focus);
})();
