// Tabs, as the WAI-ARIA practices have them: arrow keys go from tab to tab, and only the chosen one is a stop of the
// Tab key.

/** Fills a list of tabs; `choose` hears which one is taken. */
export function startTabs(
  list: HTMLElement,
  panel: HTMLElement,
  names: readonly string[],
  choose: (name: string) => void,
) {
  const tabs = names.map((name) => {
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", id: `tab-${name}`, role: "tab" });
    tab.setAttribute("aria-controls", panel.id);
    tab.addEventListener("click", () => show(name, true));
    return tab;
  });
  list.replaceChildren(...tabs);
  let chosen = 0;

  function show(name: string, isAsked: boolean) {
    chosen = Math.max(names.indexOf(name), 0);
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", tabs[chosen]!.id);
    if (isAsked) choose(names[chosen]!);
  }

  list.addEventListener("keydown", (event) => {
    const last = names.length - 1;
    const to = {
      ArrowRight: chosen === last ? 0 : chosen + 1,
      ArrowLeft: chosen === 0 ? last : chosen - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(names[to]!, true);
    tabs[to]!.focus();
    tabs[to]!.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  return {
    show,
    /** Gives the tabs their titles. */
    label(titleOf: (name: string) => string) {
      tabs.forEach((tab, i) => {
        tab.textContent = titleOf(names[i]!);
      });
    },
  };
}
