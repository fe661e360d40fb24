/* Keeps the list of commands and a live look fresh; the pages work without it. Written for browsers of 2015. */
(function () {
  var BUSY_MS = 2000;
  var QUIET_MS = 15000;
  var LIVE_MS = 1000;

  function ask(address, kind, done) {
    var request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = kind;
    request.timeout = 10000;
    request.setRequestHeader("Accept", kind === "blob" ? "image/jpeg" : "text/html");
    request.onloadend = function () {
      done(request.status === 200 ? request : null);
    };
    request.send();
  }

  var section = document.querySelector("[data-part]");
  function part() {
    ask(section.getAttribute("data-part"), "document", function (answer) {
      var fresh = answer && answer.response && answer.response.body;
      /* A log-in page in its place is no list. */
      if (fresh && !fresh.querySelector("form") && fresh.children.length) {
        var old = section.querySelector(".part");
        if (old.innerHTML !== fresh.innerHTML) old.innerHTML = fresh.innerHTML;
      }
      later();
    });
  }
  function later() {
    var list = section.querySelector("[data-open]");
    setTimeout(part, list && list.getAttribute("data-open") ? BUSY_MS : QUIET_MS);
  }
  if (section) later();

  var live = document.querySelector("[data-live]");
  if (!live) return;
  var image = live.querySelector("img");
  var nothing = live.querySelector(".nopicture");
  var taken = live.querySelector(".taken");
  var left = live.querySelector(".left");
  var endsAt = Date.now() + 1000 * Number(live.getAttribute("data-left"));
  var isRunning = endsAt > Date.now();
  var shown = null;

  function words(element, value) {
    element.textContent = element.getAttribute("data-words").replace("{}", value);
  }
  function show(answer) {
    var last = shown;
    shown = URL.createObjectURL(answer.response);
    image.src = shown;
    image.hidden = false;
    if (last) URL.revokeObjectURL(last);
    if (nothing) nothing.style.display = "none";
    words(taken, answer.getResponseHeader("X-Captured-At"));
  }
  function picture() {
    var startedAt = Date.now();
    ask(live.getAttribute("data-live") + "?n=" + startedAt, "blob", function (answer) {
      if (answer) show(answer);
      if (isRunning) setTimeout(picture, Math.max(0, LIVE_MS - (Date.now() - startedAt)));
    });
  }
  function clock() {
    var seconds = Math.ceil((endsAt - Date.now()) / 1000);
    if (seconds > 0) words(left, seconds);
    else {
      isRunning = false;
      left.textContent = left.getAttribute("data-ended");
    }
    if (isRunning) setTimeout(clock, 500);
  }
  /* The tower's word: it may have refused, and its time began when it took the command up. */
  function state() {
    ask(live.getAttribute("data-page"), "document", function (answer) {
      var fresh = answer && answer.response && answer.response.querySelector("[data-live]");
      if (fresh) {
        live.querySelector(".how").textContent = fresh.querySelector(".how").textContent;
        endsAt = Date.now() + 1000 * Number(fresh.getAttribute("data-left"));
      }
      if (isRunning) setTimeout(state, BUSY_MS);
    });
  }
  if (isRunning) {
    picture();
    clock();
    setTimeout(state, 1500);
  }
})();
