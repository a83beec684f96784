import './styles/index.css';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { router } from './router.tsx';
import { theme } from './shell/theme.ts';

theme.apply();
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no element for the console');
createRoot(root).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
);
