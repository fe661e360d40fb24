import { t } from "../boot";

const ROWS: [string[], string][] = [
  [["J", "K"], "keys.move"],
  [["Enter"], "keys.open"],
  [["C"], "keys.confirm"],
  [["R"], "keys.reject"],
  [["X"], "keys.look"],
  [["Space"], "keys.play"],
  [[",", "."], "keys.step"],
  [["Z"], "keys.crop"],
  [["G", "M", "D", "N"], "keys.go"],
  [["?"], "keys.help"],
  [["Esc"], "keys.escape"],
];

export function Help() {
  return (
    <>
      <table class="keys">
        <tbody>
          {ROWS.map(([keys, text]) => (
            <tr key={text}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{t(text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{t("keys.note")}</p>
    </>
  );
}
