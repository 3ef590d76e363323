"use strict";
/* Beside textual.js: the token goes with the WebSocket, the terminal has the keyboard without a click, its letters can be
   made larger and smaller while it runs, and when the session has ended the server's sentence is shown. */
(() => {
  const query = new URLSearchParams(location.search);
  const find = (selector) => document.querySelector(selector);
  const focus = () => find(document.body.classList.contains("-closed") ? "#start" : ".xterm-helper-textarea")?.focus();

  /* textual.js keeps its client to itself: it is taken hold of where it notes the address that it will connect to. */
  let client = null;
  Object.defineProperty(Object.prototype, "websocket_url", {
    configurable: true,
    set(value) {
      Object.defineProperty(this, "websocket_url", { value, writable: true, enumerable: true, configurable: true });
      client = this;
    },
  });

  const resize = (by) => {
    const { smallest, largest } = find("#terminal").dataset;
    const size = Math.min(Math.max(Number(client.terminal.options.fontSize) + by, Number(smallest)), Number(largest));
    client.terminal.options.fontSize = size;
    client.fit();
    find("#size").textContent = `${size} px`;
    find("#smaller").disabled = size <= Number(smallest);
    find("#larger").disabled = size >= Number(largest);
    query.set("fontsize", size);
    history.replaceState(null, "", `?${query}`);
    focus();
  };

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
    delete Object.prototype.websocket_url;
    find("#bar").hidden = client === null;
    find("#smaller").addEventListener("click", () => resize(-2));
    find("#larger").addEventListener("click", () => resize(2));
    focus();
  };
  window.addEventListener("focus", focus);
})();
