/* Counts the clocks down; the page works without it. Written for browsers of 2015. */
(function () {
  var clocks = document.querySelectorAll("[data-due]");
  var list = document.querySelector("[data-now]");
  /* The centre's clock counts: a phone's may be wrong by hours. */
  var ahead = list ? Date.now() / 1000 - Number(list.getAttribute("data-now")) : 0;
  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }
  function tick() {
    var now = Date.now() / 1000 - ahead;
    for (var i = 0; i < clocks.length; i += 1) {
      var clock = clocks[i];
      var left = Number(clock.getAttribute("data-due")) - now;
      var seconds = Math.floor(Math.abs(left));
      var words = Math.floor(seconds / 60) + ":" + two(seconds % 60);
      clock.textContent = clock.getAttribute(left < 0 ? "data-late" : "data-left").replace("{}", words);
      if (left < 0) clock.parentNode.className = "late";
    }
  }
  if (clocks.length) {
    tick();
    setInterval(tick, 1000);
  }
})();
