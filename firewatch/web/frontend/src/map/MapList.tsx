import { open } from "../actions";
import { t } from "../boot";
import { toVerify } from "../heats";
import { queue, selected, stations, towers } from "../state";
import { whereabouts } from "../whereabouts";
import { Grade } from "../components/Grade";
import { Region } from "../components/Region";

/** The same things as on the map, as tables. */
export function MapList() {
  return (
    <div class="maplist">
      <h2>{t("map.incident")}</h2>
      <table>
        <tbody>
          {queue.value.map((card) => (
            <tr key={card.incident_id}>
              <th scope="row">
                <button type="button" onClick={() => open(card.incident_id)}>
                  {card.number}
                </button>
              </th>
              <td>{card.state_words}</td>
              <td>{card.place}</td>
              <td>{card.where ? `${card.where.lat_deg.toFixed(5)}, ${card.where.lon_deg.toFixed(5)}` : t("where.unlocated")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {selected.value && whereabouts.value && (
        <>
          <h2>
            {t("map.layer.region")} · {selected.value.number}
          </h2>
          <Region card={selected.value} />
        </>
      )}
      {toVerify.value.length > 0 && <h2>{t("hotspot.title")}</h2>}
      <table>
        <tbody>
          {toVerify.value.map((heat) => (
            <tr key={heat.item_id}>
              <th scope="row">{heat.place}</th>
              <td>{heat.satellites.join(", ")}</td>
              <td>{heat.confidence_words}</td>
              <td>
                {heat.lat_deg.toFixed(5)}, {heat.lon_deg.toFixed(5)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{t("map.station")}</h2>
      <table>
        <tbody>
          {stations.value.map((station) => (
            <tr key={station.station_id}>
              <th scope="row">{station.name}</th>
              <td>
                <Grade grade={station.grade} />
              </td>
              <td>
                {station.weather.join(" · ") || t("weather.none")} {station.marks.join(" ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{t("map.tower")}</h2>
      <table>
        <tbody>
          {towers.value.map((tower) => (
            <tr key={tower.tower_id}>
              <th scope="row">{tower.name}</th>
              <td>
                {t("nodes.camera")} {tower.online}/{tower.total}
              </td>
              <td>
                {tower.lat_deg.toFixed(5)}, {tower.lon_deg.toFixed(5)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
