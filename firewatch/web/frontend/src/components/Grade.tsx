import { t } from "../boot";

/** A danger grade: number, word and colour together, never colour alone. */
export function Grade({ grade }: { grade: number | null }) {
  if (grade === null) return <span class="grade none">{t("danger.grade.none")}</span>;
  return (
    <span class={`grade g${grade}`}>
      <b>{grade}</b> {t(`danger.grade.${grade}`)}
    </span>
  );
}
