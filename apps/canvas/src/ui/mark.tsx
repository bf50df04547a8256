// Mark: the sign of the product, in the colour of motion.

export function Mark({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 24 24" className={`text-motion ${className}`} aria-hidden="true" focusable="false">
      <path
        d="M12 8.5v3.2M10.3 13.3 7 16M13.7 13.3 17 16"
        stroke="currentColor"
        strokeWidth="2"
        fill="none"
      />
      <g fill="currentColor">
        <circle cx="12" cy="5.5" r="3.5" />
        <circle cx="5.4" cy="18" r="3.2" />
        <circle cx="18.6" cy="18" r="3.2" />
      </g>
    </svg>
  );
}
