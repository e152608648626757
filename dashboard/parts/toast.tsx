import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useCallback, useContext, useRef, useState } from "preact/hooks";

const SHOWN_MS = 8_000;

interface Toast {
  readonly text: string;
  readonly undo?: () => void;
}

type Show = (text: string, undo?: () => void) => void;

const ToastContext = createContext<Show>(() => {});

/** Says what was changed, and undoes it. */
export function useToast(): Show {
  return useContext(ToastContext);
}

export function ToastArea({ children }: { readonly children: ComponentChildren }) {
  const [toast, setToast] = useState<Toast>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = useCallback<Show>((text, undo) => {
    clearTimeout(timer.current);
    setToast({ text, ...(undo !== undefined && { undo }) });
    timer.current = setTimeout(() => setToast(undefined), SHOWN_MS);
  }, []);
  const undo = (): void => {
    toast?.undo?.();
    setToast(undefined);
  };
  return (
    <ToastContext.Provider value={show}>
      {children}
      <div class="toasts" role="status" aria-live="polite">
        {toast !== undefined && (
          <div class="toast">
            {toast.text}
            {toast.undo !== undefined && (
              <button type="button" class="button small" onClick={undo}>
                Undo
              </button>
            )}
          </div>
        )}
      </div>
    </ToastContext.Provider>
  );
}
