/* Keeps the danger pages fresh; they work without it. Keys: G then M, D or N. */
(function () {
  var PAGES = { m: "/", d: "/danger", n: "/nodes" };
  var GO_MS = 1500;
  var LOST_MS = 10000;
  var live = document.querySelector("[data-live]");
  var wentAt = 0;

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    var key = event.key.toLowerCase();
    if (key === "g") {
      wentAt = Date.now();
    } else if (Date.now() - wentAt < GO_MS && PAGES[key]) {
      event.preventDefault();
      location.assign(PAGES[key]);
    } else {
      wentAt = 0;
    }
  });
  var opened = document.querySelector(".days [aria-current]");
  if (opened) opened.parentNode.scrollLeft = opened.offsetLeft - opened.parentNode.clientWidth / 2;
  if (!live || !window.EventSource || !window.fetch) return;

  var changes = Number(live.getAttribute("data-changes"));
  var seq = Number(live.getAttribute("data-seq"));
  var heardAt = Date.now();
  var isLooking = false;

  /* What is told anew takes the old one's place; focus stays where it was. */
  function look(wanted) {
    if (isLooking) return;
    isLooking = true;
    fetch(location.href, { credentials: "same-origin", headers: { accept: "text/html" } })
      .then(function (answer) {
        return answer.ok && !answer.redirected ? answer.text() : Promise.reject(new Error(String(answer.status)));
      })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
        var old = document.querySelector("main");
        if (!fresh) return;
        var focused = document.activeElement && document.activeElement.getAttribute("href");
        var smoke = old.querySelector("[data-smoke]");
        fresh.querySelector("[data-live]").replaceWith(live);
        fresh.querySelector("[data-smoke]").replaceWith(smoke);
        old.replaceWith(fresh);
        changes = wanted;
        var again = focused && fresh.querySelector('a[href="' + focused + '"]');
        if (again) again.focus();
      })
      .catch(function () {})
      .then(function () {
        isLooking = false;
      });
  }

  function listen() {
    var source = new EventSource("/api/v1/events?after=" + seq);
    source.addEventListener("beat", function (event) {
      var beat = JSON.parse(event.data);
      heardAt = Date.now();
      live.hidden = true;
      if (beat.danger !== changes) look(beat.danger);
    });
    source.addEventListener("incident", function (event) {
      var card = JSON.parse(event.data);
      heardAt = Date.now();
      seq = Math.max(seq, Number(event.lastEventId));
      if (card.state === "SUSPECTED") document.querySelector("[data-smoke]").hidden = false;
    });
    source.onerror = function () {
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(listen, 5000);
    };
  }
  listen();
  setInterval(function () {
    var silence = Date.now() - heardAt;
    if (silence < LOST_MS) return;
    var seconds = Math.floor(silence / 1000);
    var words = Math.floor(seconds / 60) + ":" + ("0" + (seconds % 60)).slice(-2);
    live.textContent = live.getAttribute("data-lost").replace("{}", words);
    live.hidden = false;
  }, 1000);

  /* Today is another day after midnight, whether or not anything was told. */
  var day = new Date().toDateString();
  setInterval(function () {
    if (new Date().toDateString() === day) return;
    day = new Date().toDateString();
    look(changes);
  }, 60000);
})();
