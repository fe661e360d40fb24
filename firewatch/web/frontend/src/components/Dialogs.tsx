import { confirm, reject } from "../actions";
import { boot, t } from "../boot";
import { dialog, isBusy, selected } from "../state";
import { Help } from "./Help";
import { Modal } from "./Modal";
import { SayDialog } from "./SayDialog";

const close = () => (dialog.value = null);

function ConfirmDialog() {
  const card = selected.value;
  if (!card) return null;
  return (
    <Modal title={`${t("action.confirm")} ${card.number}`}>
      <p>{t("action.confirm.ask")}</p>
      <p class="place">{card.place}</p>
      <p class="choices">
        <button type="button" class="confirm" autofocus disabled={isBusy.value} onClick={() => void confirm(card)}>
          {t("action.confirm")} <kbd>Enter</kbd>
        </button>
        <button type="button" onClick={close}>
          {t("action.cancel")} <kbd>Esc</kbd>
        </button>
      </p>
    </Modal>
  );
}

function RejectDialog() {
  const card = selected.value;
  if (!card) return null;
  const choose = (key: string) => {
    const reason = /^[1-9]$/.test(key) ? boot.reasons[Number(key) - 1] : undefined;
    if (reason) void reject(card, reason);
  };
  return (
    <Modal title={`${t("action.reject")} ${card.number}`} onKey={choose}>
      <p>{t("action.reject.ask")}</p>
      <ol class="reasons">
        {boot.reasons.map((reason, index) => (
          <li key={reason}>
            <button type="button" disabled={isBusy.value} onClick={() => void reject(card, reason)}>
              <kbd>{index + 1}</kbd> {t(`reject.${reason}`)}
            </button>
          </li>
        ))}
      </ol>
      <p class="choices">
        {/* R and then a careless Enter must not dismiss a fire. */}
        <button type="button" autofocus onClick={close}>
          {t("action.cancel")} <kbd>Esc</kbd>
        </button>
      </p>
    </Modal>
  );
}

export function Dialogs() {
  if (dialog.value === "confirm") return <ConfirmDialog />;
  if (dialog.value === "reject") return <RejectDialog />;
  if (dialog.value === "say") return <SayDialog />;
  if (dialog.value === "help") {
    return (
      <Modal title={t("keys.title")}>
        <Help />
      </Modal>
    );
  }
  return null;
}
