// The habit picture: days late over time. The same values stand in a table below it.
(function () {
  "use strict";
  const place = document.getElementById("habit-chart");
  const source = document.getElementById("habit-data");
  if (!place || !source) return;
  const data = JSON.parse(source.textContent);
  const words = data.words;
  let chart = null;

  function colour(name) {
    // Resolves light-dark() and oklch() to what a canvas understands.
    const probe = document.createElement("span");
    probe.style.color = name;
    place.append(probe);
    const computed = getComputedStyle(probe).color;
    probe.remove();
    const pen = document.createElement("canvas").getContext("2d");
    pen.fillStyle = computed;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
  }

  function draw() {
    const ink = colour("var(--tblr-body-color)");
    const quiet = colour("var(--tblr-secondary)");
    const grid = colour("var(--tblr-border-color)");
    const main = colour("var(--tblr-primary)");
    const late = colour("var(--tblr-red)");
    const touch = colour("var(--tblr-purple)");
    const warn = colour("var(--tblr-orange)");
    const surface = colour("var(--tblr-bg-surface)");
    const narrow = place.clientWidth < 560;
    const highest = Math.max(5, ...data.settled.map((p) => p[1]), ...data.open.map((p) => p[1]));
    const lowest = Math.min(-3, ...data.settled.map((p) => p[1]));
    const floor = lowest - (highest - lowest) * 0.12;

    if (chart) chart.dispose();
    chart = window.echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 8, right: 14, top: narrow ? 76 : 52, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 9, itemGap: narrow ? 10 : 16, textStyle: { color: quiet, fontSize: 12 },
        data: [words.settled, words.open, words.median, words.band, words.touches] },
      tooltip: { trigger: "item", confine: true, backgroundColor: surface, borderColor: grid,
        textStyle: { color: ink, fontSize: 12 }, formatter: (item) => window.echarts.format.encodeHTML(item.data.words || "") },
      xAxis: { type: "time", boundaryGap: ["2%", "2%"], axisLine: { lineStyle: { color: grid } }, axisTick: { show: false },
        splitNumber: narrow ? 3 : 8, axisLabel: { color: quiet, hideOverlap: true }, splitLine: { show: false } },
      yAxis: { type: "value", name: narrow ? "" : words.axis, nameLocation: "end", nameTextStyle: { color: quiet, align: "left" },
        min: floor, max: highest, axisLabel: { color: quiet, showMinLabel: false, showMaxLabel: false },
        splitLine: { lineStyle: { color: grid, opacity: 0.6 } } },
      series: [
        { name: words.band, type: "line", stack: "band", data: data.band.map((b) => [b[0], b[1]]), symbol: "none", silent: true,
          lineStyle: { opacity: 0 }, stackStrategy: "all", itemStyle: { color: main, opacity: 0.25 }, tooltip: { show: false } },
        { name: words.band, type: "line", stack: "band", data: data.band.map((b) => [b[0], b[3] - b[1]]), symbol: "none", silent: true,
          lineStyle: { opacity: 0 }, areaStyle: { color: main, opacity: 0.16 }, stackStrategy: "all",
          itemStyle: { color: main, opacity: 0.25 }, tooltip: { show: false } },
        { name: words.median, type: "line", data: data.band.map((b) => [b[0], b[2]]), symbol: "none", silent: true,
          lineStyle: { color: main, width: 2 }, itemStyle: { color: main }, tooltip: { show: false } },
        { name: words.settled, type: "scatter", symbolSize: 7, z: 4,
          data: data.settled.map((p) => ({ value: [p[0], p[1]], words: p[2] })),
          itemStyle: { color: main, opacity: 0.75, borderColor: surface, borderWidth: 1 },
          markLine: { silent: true, symbol: "none",
            label: { formatter: words.due, position: "insideStartTop", color: quiet, fontSize: 11 },
            lineStyle: { color: ink, type: "solid", width: 1, opacity: 0.55 },
            data: [{ yAxis: 0 }, ...(data.signal ? [{ xAxis: data.signal[0],
              label: { formatter: narrow ? "!" : data.signal[1], position: "insideEndTop", color: warn, fontSize: 11 },
              lineStyle: { color: warn, type: "dashed", width: 1.5, opacity: 0.9 } }] : [])] } },
        { name: words.open, type: "scatter", symbol: "diamond", symbolSize: 11, z: 5,
          data: data.open.map((p) => ({ value: [p[0], p[1]], words: p[2] })),
          itemStyle: { color: "transparent", borderColor: late, borderWidth: 2 } },
        { name: words.touches, type: "scatter", symbol: "triangle", symbolSize: 8, z: 3,
          data: data.touches.map((t) => ({ value: [t[0], floor + (highest - floor) * 0.035], words: t[1] })),
          itemStyle: { color: touch, opacity: 0.9 } },
      ],
    });
  }

  draw();
  document.addEventListener("goodterms:theme", draw);
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth !== width) { width = place.clientWidth; draw(); }
  }).observe(place);
})();
