import { announcement, isExercising, selected } from "../state";
import { boot, t } from "../boot";
import { MapPane } from "../map/MapPane";
import { Banner } from "./Banner";
import { BlindNotice } from "./BlindNotice";
import { DetailPane } from "./DetailPane";
import { Dialogs } from "./Dialogs";
import { Header } from "./Header";
import { Queue } from "./Queue";
import { ToastLine } from "./ToastLine";

export function App() {
  return (
    <>
      <a class="skip" href="#queue">
        {t("app.skip")}
      </a>
      <Header />
      {boot.isIllustrative && (
        <p class="drill">{t("app.illustrative")}</p>
      )}
      {isExercising.value && (
        <p class="exercise" role="status">
          {t("exercise.banner")}
        </p>
      )}
      <Banner />
      <BlindNotice />
      <div class={`columns ${selected.value ? "has-detail" : ""}`}>
        <Queue />
        <MapPane />
        <DetailPane />
      </div>
      <ToastLine />
      <Dialogs />
      <p class="unseen" aria-live="assertive">
        {announcement.value}
      </p>
    </>
  );
}
