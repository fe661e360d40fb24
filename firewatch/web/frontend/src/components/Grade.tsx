import { t } from "../boot";

/** A danger grade: scale, number, word and colour together; `bare` where the words before it name the scale. */
export function Grade({ grade, bare = false }: { grade: number | null; bare?: boolean }) {
  const scale = bare ? "" : `${t("why.danger")} `;
  if (grade === null) {
    return (
      <span class="grade none">
        {scale}
        {t("danger.grade.none")}
      </span>
    );
  }
  return (
    <span class={`grade g${grade}`}>
      {scale}
      <b>{grade}</b> {t(`danger.grade.${grade}`)}
    </span>
  );
}
