// The zone picker: the visitor's own zone is chosen, every other one is a tap away.
import { h } from "../shared/dom.js";
import { allZones, clock, zoneLabel } from "../shared/time.js";

/**
 * @param {string} zone The chosen zone.
 * @param {(zone: string) => void} onChange
 */
export function zonePicker(zone, onChange) {
  const regions = new Map();
  for (const name of allZones(zone)) {
    const region = name.includes("/") ? name.split("/")[0] : "Other";
    if (!regions.has(region)) regions.set(region, []);
    regions.get(region).push(name);
  }
  const option = (name) => h("option", { value: name, selected: name === zone }, name.slice(name.indexOf("/") + 1).replaceAll("_", " "));
  const select = h("select", { id: "zone", on: { change: () => onChange(select.value) } },
    h("option", { value: zone, selected: true }, zoneLabel(zone)),
    [...regions].map(([region, names]) => h("optgroup", { label: region }, names.map(option))));
  // The chosen zone stands first, with its offset; its entry in the list below must not take the selection.
  select.selectedIndex = 0;
  return h("div.field.zone", null,
    h("label", { htmlFor: "zone" }, "Times are shown in"), select,
    h("p.muted.small", null, `It is ${clock(Date.now(), zone)} there now.`));
}
