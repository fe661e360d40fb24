import { t } from "../boot";
import { clock } from "../format";
import type { Delivery as Counts, Told } from "../types";

const at = (instant: string | null) => (instant ? clock(instant) : t("delivery.wait"));

/** Sent, reached and acknowledged are three things: three columns, never one tick. */
export function Delivery({ delivery, told }: { delivery: Counts; told: Told[] }) {
  return (
    <section class="box delivery">
      <h2>{t("detail.delivery")}</h2>
      {told.length === 0 ? (
        <p class="quiet">{t("delivery.none")}</p>
      ) : (
        <>
          <p>{t("delivery.summary", { ...delivery })}</p>
          <table>
            <thead>
              <tr>
                <th>{t("delivery.person")}</th>
                <th>{t("delivery.sent")}</th>
                <th>{t("delivery.reached")}</th>
                <th>{t("delivery.acknowledged")}</th>
              </tr>
            </thead>
            <tbody>
              {told.map((one, index) => (
                <tr key={index} class={one.failed && !one.sent_at ? "failed" : ""}>
                  <th scope="row">
                    {one.person} <small>{one.reason}</small>
                  </th>
                  <td>{one.failed && !one.sent_at ? t("delivery.failed", { why: one.failed }) : at(one.sent_at)}</td>
                  <td>{at(one.reached_at)}</td>
                  <td>{at(one.acknowledged_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
