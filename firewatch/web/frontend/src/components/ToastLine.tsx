import { useEffect } from "preact/hooks";
import { reopen } from "../actions";
import { t } from "../boot";
import { toast } from "../state";

const SHOWN_MS = 30_000;

/** What was just done, with its undo, for half a minute. */
export function ToastLine() {
  const current = toast.value;
  useEffect(() => {
    if (!current) return undefined;
    const timer = window.setTimeout(() => {
      if (toast.value === current) toast.value = null;
    }, SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [current]);
  const undo = current?.undo;
  return (
    <div class="toasts" role={current?.isBad ? "alert" : "status"}>
      {current && (
        <p class={`toast ${current.isBad ? "bad" : ""}`}>
          {current.words}
          {undo && (
            <button type="button" onClick={() => void reopen(undo)}>
              {t("action.undo")}
            </button>
          )}
          <button type="button" aria-label={t("action.close")} onClick={() => (toast.value = null)}>
            ✕
          </button>
        </p>
      )}
    </div>
  );
}
