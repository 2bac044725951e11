"""HTTP, WebSocket and the web page, on one listening socket."""
