// Draws a report's charts; the same values stand in the tables below them.
(function () {
  "use strict";
  const drawn = new Map();

  function colour(place, name) {
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

  const palettes = {
    age: ["--tblr-teal", "--tblr-yellow", "--tblr-orange", "--tblr-red", "--tblr-purple"],
    state: ["--tblr-green", "--tblr-lime", "--tblr-red", "--tblr-azure", "--tblr-secondary"],
    usual: ["--tblr-primary", "--tblr-orange", "--tblr-azure", "--tblr-purple", "--tblr-green", "--tblr-pink"],
  };

  function seriesOf(data, colours, quiet) {
    const solid = data.series.filter((one) => one.kind !== "band");
    return data.series.map((one) => {
      const isBand = one.kind === "band";
      const ink = isBand ? quiet : colours[solid.indexOf(one) % colours.length];
      const isLine = one.kind === "line" || one.kind === "area" || isBand;
      return {
        name: one.name,
        type: isLine ? "line" : "bar",
        stack: isBand ? undefined : one.stack || undefined,
        data: one.values,
        symbol: isLine && data.labels.length > 40 ? "none" : "circle",
        symbolSize: 5,
        connectNulls: false,
        barMaxWidth: 34,
        lineStyle: { color: ink, width: isBand ? 1.5 : 2, type: isBand ? "dashed" : "solid" },
        itemStyle: { color: ink },
        areaStyle: one.kind === "area" ? { color: ink, opacity: 0.55 } : undefined,
      };
    });
  }

  function draw(place) {
    if (!window.echarts) return;
    const data = JSON.parse(place.dataset.chart);
    const ink = colour(place, "var(--tblr-body-color)");
    const quiet = colour(place, "var(--tblr-secondary)");
    const grid = colour(place, "var(--tblr-border-color)");
    const surface = colour(place, "var(--tblr-bg-surface)");
    const stack = (data.series.find((one) => palettes[one.stack]) || {}).stack;
    const colours = palettes[stack || "usual"].map((name) => colour(place, `var(${name})`));
    const narrow = place.clientWidth < 560;
    const whole = new Intl.NumberFormat(data.locale, { maximumFractionDigits: data.digits });
    const short = new Intl.NumberFormat(data.locale, { notation: "compact", maximumFractionDigits: 1 });
    const encode = window.echarts.format.encodeHTML;

    if (drawn.has(place)) drawn.get(place).dispose();
    const chart = window.echarts.init(place, null, { renderer: "canvas" });
    drawn.set(place, chart);
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 8, right: 14, top: data.series.length < 2 ? 12 : narrow && data.series.length > 2 ? 76 : 46, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { show: data.series.length > 1, top: 0, left: 0, itemWidth: 14, itemHeight: 9, itemGap: narrow ? 10 : 16,
        textStyle: { color: quiet, fontSize: 12 }, data: data.series.map((one) => one.name) },
      tooltip: { trigger: "axis", confine: true, backgroundColor: surface, borderColor: grid, textStyle: { color: ink, fontSize: 12 },
        formatter: (items) => [encode(items[0].axisValueLabel), ...items.map((item) => `${item.marker}${encode(item.seriesName)}: ` +
          (item.value === null || item.value === undefined ? "–" : `<b>${encode(whole.format(item.value))}</b> ${encode(data.unit)}`))].join("<br>") },
      [data.isLying ? "yAxis" : "xAxis"]: { type: "category", inverse: Boolean(data.isLying), data: data.labels, axisLine: { lineStyle: { color: grid } }, axisTick: { show: false },
        boundaryGap: !data.series.every((one) => one.kind === "area" || one.kind === "line"),
        axisLabel: { color: quiet, hideOverlap: !data.isLying, interval: data.isLying ? 0 : "auto", width: narrow ? 110 : 200, overflow: "truncate" } },
      [data.isLying ? "xAxis" : "yAxis"]: { type: "value", axisLabel: { color: quiet, formatter: (value) => short.format(value) + (data.unit === "%" ? " %" : "") },
        splitLine: { lineStyle: { color: grid, opacity: 0.6 } } },
      series: seriesOf(data, colours, quiet),
    });
  }

  function drawAll() {
    drawn.forEach((chart, place) => {
      if (!place.isConnected) { chart.dispose(); drawn.delete(place); }
    });
    document.querySelectorAll("[data-chart]").forEach((place) => {
      draw(place);
      if (!place.dataset.watched) {
        place.dataset.watched = "yes";
        let width = place.clientWidth;
        new ResizeObserver(() => {
          if (place.isConnected && place.clientWidth !== width) { width = place.clientWidth; draw(place); }
        }).observe(place);
      }
    });
  }

  drawAll();
  document.addEventListener("goodterms:theme", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
})();
