import { useLayoutEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { dialog } from "../state";

interface ModalProps {
  title: string;
  onKey?: (key: string) => void;
  children: ComponentChildren;
}

/** A browser's own dialog: it keeps the focus inside and closes on Escape. */
export function Modal({ title, onKey, children }: ModalProps) {
  const box = useRef<HTMLDialogElement>(null);
  // Before the next key arrives: C and Enter may follow each other within a frame.
  useLayoutEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onClose={() => (dialog.value = null)}
      onKeyDown={(event) => onKey?.(event.key)}
      onClick={(event) => event.target === box.current && box.current?.close()}
    >
      <div class="inside">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
