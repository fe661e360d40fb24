/* Draws a mask over a picture by mouse, pen or finger; the list of points below it is the same mask, for the keyboard.
   The page works without this: the list is what is sent. */
(function () {
  var stage = document.querySelector("[data-drawing]");
  var list = document.querySelector("[data-points]");
  if (!stage || !list || !window.PointerEvent) return;

  var NEAR_PX = 18;
  var svg = stage.querySelector("svg");
  var draft = svg.querySelector(".draft");
  var corners = svg.querySelector(".corners");
  var share = document.querySelector("[data-share]");
  var hint = share.textContent;
  var unpoint = document.querySelector("[data-unpoint]");
  var clear = document.querySelector("[data-clear]");
  var points = [];
  var held = -1;

  function read() {
    points = [];
    list.value.split("\n").forEach(function (line) {
      var found = /^\s*(\d{1,3}(?:\.\d+)?)\s*%?[\s,，;；]+(\d{1,3}(?:\.\d+)?)\s*%?\s*$/.exec(line);
      if (found && found[1] <= 100 && found[2] <= 100) points.push([Number(found[1]), Number(found[2])]);
    });
    show();
  }

  function write() {
    list.value = points
      .map(function (point) {
        return point[0].toFixed(1) + " " + point[1].toFixed(1);
      })
      .join("\n");
    show();
  }

  function area() {
    var sum = 0;
    points.forEach(function (point, i) {
      var next = points[(i + 1) % points.length];
      sum += point[0] * next[1] - next[0] * point[1];
    });
    return Math.abs(sum) / 200;
  }

  function show() {
    draft.setAttribute("points", points.join(" "));
    /* Lines of no length with round ends: dots that are not stretched with the picture. */
    corners.setAttribute(
      "d",
      points
        .map(function (point) {
          return "M" + point[0] + " " + point[1] + "h0";
        })
        .join(""),
    );
    unpoint.hidden = clear.hidden = points.length === 0;
    share.textContent = points.length > 2 ? share.getAttribute("data-words").replace("{}", area().toFixed(1) + "%") : hint;
  }

  function place(event) {
    var box = svg.getBoundingClientRect();
    var limit = function (value) {
      return Math.min(100, Math.max(0, value));
    };
    return [limit(((event.clientX - box.left) / box.width) * 100), limit(((event.clientY - box.top) / box.height) * 100)];
  }

  function near(event) {
    var box = svg.getBoundingClientRect();
    return points.findIndex(function (point) {
      var dx = box.left + (point[0] / 100) * box.width - event.clientX;
      var dy = box.top + (point[1] / 100) * box.height - event.clientY;
      return Math.hypot(dx, dy) < NEAR_PX;
    });
  }

  svg.addEventListener("pointerdown", function (event) {
    if (event.button !== 0) return;
    event.preventDefault();
    held = near(event);
    if (held < 0) held = points.push(place(event)) - 1;
    svg.setPointerCapture(event.pointerId);
    write();
  });
  svg.addEventListener("pointermove", function (event) {
    if (held < 0) return;
    points[held] = place(event);
    write();
  });
  ["pointerup", "pointercancel"].forEach(function (kind) {
    svg.addEventListener(kind, function () {
      held = -1;
    });
  });
  unpoint.addEventListener("click", function () {
    points.pop();
    write();
  });
  clear.addEventListener("click", function () {
    points = [];
    write();
  });
  list.addEventListener("input", read);
  stage.classList.add("live");
  read();
})();
